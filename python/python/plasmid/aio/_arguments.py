"""What drivers refuse to be made with, so that a slip is not taken for a bad network later."""

Address = tuple[str, int]
Id = bytes | bytearray | memoryview | str | int


def address(what: str, value: object) -> Address:
    """Give the address that `value` is, or raise a `ValueError` that names it by `what`."""
    match value:
        case (str(name), int(port)) if 0 <= port <= 65535:
            return name, port
    raise ValueError(f"{what} is {value!r}, not (host, port) with a port of 0 to 65535")


def above_zero(what: str, value: object) -> None:
    """Raise a `ValueError` that names `value` by `what` unless it is a number above 0."""
    if not (isinstance(value, int | float) and value > 0):
        raise ValueError(f"{what} is {value!r}, it must be a number above 0")


def not_negative(what: str, value: object) -> None:
    """Raise a `ValueError` that names `value` by `what` unless it is an int of 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{what} is {value!r}, it must be an int of 0 or more")
