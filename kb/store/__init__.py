"""What is kept of what people ask, say and report. SQL stands here and nowhere else.

`database.py` opens the database and its transactions; one module a subject holds functions that take a connection in a
transaction and return frozen data classes. Several of them in one `with database.begin()` happen together or not at all.

Times are UTC, as ISO 8601 text with seconds, so that they sort as text. Functions that need the present take `now` for
tests. Text arrives with its secrets masked; nothing here looks into it. Addresses of people are never stored.
"""
