"""One spelling for one telephone number, however people and systems wrote it.

The spelling is what a caller in the country dials: eleven digits for a mobile number, ``0`` with area code for a fixed
line, the short number of a service, ``;ext=802`` behind a switchboard's number, ``+`` and country code for a number of
another country. Mobile numbers as they are usually written, which are most, never reach the library.
"""

import re
import unicodedata

import phonenumbers

ANY_REGION = "any"  # numbers of a plan we do not know: 3 to 15 digits are a number
_NOT_DIGITS = re.compile(r"[^0-9]")
_SUBSCRIBER = re.compile(r"[0-9]{3,15}")

MOBILE = r"1[3-9][0-9]{9}"
FIXED = r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}"
SERVICE = r"1[0-9]{2,7}|9[56][0-9]{3,6}|[48]00[0-9]{7}|106[0-9]{5,17}"  # 110, 10086, 95588, 400..., senders of SMS
# as most people and systems write a mobile number: 13800138000, +8613800138000, 138 0013 8000, 138-0013-8000
_USUAL_MOBILE = re.compile(
    r"(?:\+?86)?[ -]?(1[3-9][0-9])[ -]?([0-9]{4})[ -]?([0-9]{4})"
)
_NATIONAL = re.compile(rf"{MOBILE}|{FIXED}|{SERVICE}")
_DIALLED = re.compile(
    rf"(?:17951|17911|17909|17969|12593|10193)?0?({MOBILE})|(?:17951|17911|17909|12593)({FIXED})"
)
_LABEL = re.compile(
    r"^(?:手机|电话|联系电话|固话|座机|传真|tel|phone|mobile|mob|fax)[号码]*[:.\s]*",
    re.IGNORECASE,
)
_REMARK = re.compile(r"\s*\([^0-9)]*\)$")  # (张), (办)
_EXTENSION = re.compile(
    r"(?:转|分机号?|ext\.?|extension|#|x|;ext=)[:\s]*([0-9]{1,6})$", re.IGNORECASE
)
_DASHED_EXTENSION = re.compile(r"^(\(?0[0-9]{2,3}\)?[- ]?[0-9]{7,8})-([0-9]{1,5})$")
_SEVERAL = re.compile(r"[0-9]\)?\s*(?:[/,;、|&\\\n]|或|和|及)\s*[(+]?[0-9]")
_SEPARATORS = re.compile(r"[\s().·_–—−‐‑-]")
_ALLOWED = re.compile(r"\+?[0-9]{3,20}")


def spelling(number: str, region: str) -> str | None:
    """The one spelling of a number; None for what is no number, or more than one.

    Args:
        number: as delivered.
        region: ISO country of numbers without a country code, or ``any``.

    >>> [spelling(text, "CN") for text in ("+86 138-0013-8000", "（021）6123 4567转802", "95588", "0085223456789")]
    ['13800138000', '02161234567;ext=802', '95588', '+85223456789']
    >>> spelling("13800138000/13900139000", "CN"), spelling("无", "CN")
    (None, None)
    """
    if region == ANY_REGION:
        return _of_any_plan(number)
    if region == "CN" and (usual := _USUAL_MOBILE.fullmatch(number)):
        return "".join(usual.groups())
    return _of_any_writing(number, region)


def _of_any_writing(number: str, region: str) -> str | None:
    """The same with the country's numbers or those of another, whatever stands around them."""
    text = unicodedata.normalize("NFKC", number).strip()
    text = _REMARK.sub("", _LABEL.sub("", text))
    text, extension = _split_extension(text)
    if _SEVERAL.search(text):
        return None
    dialled = _of_digits(text, region)
    if dialled and extension:
        return f"{dialled};ext={extension}"
    return dialled


def _of_digits(text: str, region: str) -> str | None:
    """The spelling of one number, without label, remark and extension by now."""
    digits = _SEPARATORS.sub("", text)
    if digits.startswith("00") and len(digits) > 9:
        digits = "+" + digits[2:]
    if not _ALLOWED.fullmatch(digits):
        return None
    if region == "CN":
        chinese = _chinese(digits)
        if chinese:
            return chinese
    return _by_library(digits, region)


def how_written(number: str, spelled: str | None) -> str | None:
    """What had to be undone to read a number: the most telling of it; None for one that came in its one spelling.

    Args:
        spelled: its one spelling, or None for what is no number.

    >>> [how_written(n, spelling(n, "CN")) for n in ("13800138000", "+8613800138000", "138 0013 8000", "无")]
    [None, 'country_code', 'separators', 'invalid']
    """
    if spelled is None:
        return "invalid"
    if spelled == number:
        return None
    if ";ext=" in spelled:
        return "extension"
    narrow = unicodedata.normalize("NFKC", number)
    plain = _SEPARATORS.sub("", narrow.strip())
    if plain == spelled:
        return "separators" if narrow == number else "full_width"
    if plain.lstrip("+0").startswith("86") or spelled.startswith("+"):
        return "country_code"
    return "prefix"


def digits_only(number: str) -> str:
    """ASCII digits without the country code 86: the form in which other numbers than telephone numbers are compared.

    >>> digits_only("+86 138-0013-8000"), digits_only("１７８５０")
    ('13800138000', '17850')
    """
    digits = _NOT_DIGITS.sub("", unicodedata.normalize("NFKC", number))
    digits = digits.removeprefix("00")
    if len(digits) == 13:
        return digits.removeprefix("86")
    return digits


def _of_any_plan(number: str) -> str | None:
    digits = digits_only(number)
    return digits if _SUBSCRIBER.fullmatch(digits) else None


def _split_extension(text: str) -> tuple[str, str]:
    if dashed := _DASHED_EXTENSION.match(text):
        return dashed[1], dashed[2]
    if named := _EXTENSION.search(text):
        return text[: named.start()].rstrip(" -,;("), named[1]
    return text, ""


def _chinese(digits: str) -> str | None:
    """The spelling of a number of mainland China, without asking the library; None where it must be asked."""
    national = _without_country_code(digits)
    if dialled := _DIALLED.fullmatch(national):
        return dialled[1] or dialled[2]
    return national if _NATIONAL.fullmatch(national) else None


def _without_country_code(digits: str) -> str:
    """As dialled within the country: an area code has its zero back."""
    if digits.startswith("+86"):
        rest = digits.removeprefix("+86").removeprefix("0")
        with_zero = "0" + rest
    elif digits.startswith("86") and len(digits) > 11:
        rest = digits.removeprefix("86")
        with_zero = "0" + rest.removeprefix("0")
    else:
        return digits
    return rest if _NATIONAL.fullmatch(rest) else with_zero


def _by_library(digits: str, region: str) -> str | None:
    try:
        parsed = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    form = phonenumbers.PhoneNumberFormat
    if parsed.country_code != phonenumbers.country_code_for_region(region):
        return phonenumbers.format_number(parsed, form.E164)
    return _NOT_DIGITS.sub("", phonenumbers.format_number(parsed, form.NATIONAL))
