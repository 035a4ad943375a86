"""Translation: what each marketplace says and hears. One file per marketplace; `base` is the protocol they all speak with us."""
