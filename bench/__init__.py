"""`make bench`: how many orders per second one server process takes over HTTP, and where its ceiling is."""
