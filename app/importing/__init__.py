"""Files of products: how they are read, recognised and taken in, in small chunks behind trading."""


class NotTakenIn(Exception):
    """A file couldn't be handed over; the text says why and what to do."""
