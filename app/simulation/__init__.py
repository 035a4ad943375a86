"""The proof: whole stores from seeds, with every fault, and what must hold all the while. `tallystick simulate`; docs/proof.md.

`demand` is what a seed wants, `run` what happens and what must hold, `world` drives the real lanes, `store` is their database, `stall` a
shop for the write modes that no sandbox has, `story` tells it in words, `shrink` finds the least that still fails, `policies` and
`report` compare what else could be done about the same buyers, `command` is what people type, `model` tries every interleaving of a few
units. `drill` makes shops show what our records don't explain (`injections`, by the lines of `fates`), `judging` looks whether it was found
and what it was called, and `drill_report` says it.
"""
