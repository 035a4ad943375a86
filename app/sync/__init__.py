"""Movement between the store and its channels: what comes in, what is planned, what goes out. Every wait is a row with a time."""
