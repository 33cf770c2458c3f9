"""Names and texts as they stand in SQL: the only place that quotes them."""


def identifier(name: str) -> str:
    """A table's or column's name in double quotes.

    >>> print(identifier('the "day" it was'))
    "the ""day"" it was"
    """
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def literal(text: object) -> str:
    """A text in single quotes, for what cannot be bound as a parameter: a file to read, a view's condition.

    >>> print(literal("o'clock"))
    'o''clock'
    """
    doubled = str(text).replace("'", "''")
    return f"'{doubled}'"
