"""What must not be shown in clear, wherever text from elsewhere passes through."""

import re

_ACCOUNT = re.compile(r"(?<=://)[^\s/@:]*:\S*@")
_MOBILE_NUMBER = re.compile(r"(?<![0-9])(1[3-9][0-9])[0-9]{4}([0-9]{4})(?![0-9])")


def masked(text: str) -> str:
    """The text with every mobile number of mainland China shown as ``138****8000``, and addresses without account.

    >>> masked("invalid input: 13800138000")
    'invalid input: 138****8000'
    >>> masked("no answer from postgresql://reader:secret@host/boss")
    'no answer from postgresql://***@host/boss'
    """
    return _MOBILE_NUMBER.sub(r"\1****\2", _ACCOUNT.sub("***@", text))
