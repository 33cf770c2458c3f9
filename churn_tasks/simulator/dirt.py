"""Every kind of dirt that is planted, and what the pipeline must make of it.

The third field of a kind is that outcome: the name of the row rule that sets the row aside, or ``repaired``,
``merged``, ``late``, ``matched``, ``kept`` or ``drift`` (see :class:`~churn_tasks.simulator.spoiler.Kind`). The truth
holds it for each row, so a test can hold the pipeline against it kind by kind.
"""

import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.simulator import codes
from churn_tasks.simulator.doubles import registered_twice
from churn_tasks.simulator.identity import mistyped
from churn_tasks.simulator.phones import full_width
from churn_tasks.simulator.slips import full_width_space, spaced, traditional
from churn_tasks.simulator.spoiler import Condition, Kind
from churn_tasks.simulator.spoils import (
    copied,
    corrected,
    doubled,
    late,
    negated,
    one_of,
    rewritten,
    setting,
    shifted,
    whole_bills,
)

MALFORMED = ("无", "N/A", "0", "---", "13800138000/13900139000")
WELL_FORMED = r"^[0-9０-９+ -]{11,16}$"
WHOLE_DOCUMENT = r"^[0-9]{17}[0-9Xx]$"
FEN_NO_ONE_PAYS = 9_999_999_900
FEN_NO_ONE_HAS = 99_999_999_900
KB_NO_ONE_USES = 9_000_000_000_000
LONGER_THAN_A_DAY_S = 9_999_999
TEN_YEARS_DAYS = 3_653
REPAIRED_AT_ONCE_HOURS = 100  # so soon that it is known when the month is read


def _is(column: str, value: str) -> Condition:
    return lambda table: pc.equal(table.column(column), value)


def _reads(column: str, pattern: str) -> Condition:
    return lambda table: pc.match_substring_regex(table.column(column), pattern)


def _positive(column: str) -> Condition:
    return lambda table: pc.greater(table.column(column), 0)


def _is_opening(table: pa.Table) -> pa.ChunkedArray:
    is_first = pc.equal(table.column("ver_no"), 1)
    is_active = pc.equal(table.column("sts_cd"), "A")
    return pc.and_(is_first, is_active)


def _has_traditional(table: pa.Table) -> pa.ChunkedArray:
    """Whether any character of the name has a traditional form."""
    names = table.column("cust_nm").to_pylist()
    differs = [traditional(name) != name for name in names]
    return pa.chunked_array([pa.array(differs, pa.bool_())])


def _begins_in_the_month(table: pa.Table) -> pa.ChunkedArray:
    """Only those are still delivered when they end on the day on which they begin."""
    latest = pc.max(table.column("sign_tm").cast(pa.date32())).as_py()
    return pc.greater_equal(table.column("beg_dt"), pa.scalar(latest.replace(day=1)))


def _repaired_at_once(table: pa.Table) -> pa.ChunkedArray:
    return pc.less(table.column("fix_hours"), REPAIRED_AT_ONCE_HOURS)


def _region_name(code: str) -> str:
    return codes.REGION_NAMES[int(code) - 1]


def _large_region_name(code: str) -> str:
    return f"{_region_name(code)}大区"


def _without_zero(code: str) -> str:
    return code.lstrip("0")


def _spaced_plan(plan: str) -> str:
    return f"P {plan[1:]}"


def _wide_plan(plan: str) -> str:
    return f"Ｐ{full_width(plan[1:])}"


def _plan_by_price(plan: str) -> str:
    return f"{int(plan[1:])}元套餐"


KINDS: dict[str, tuple[Kind, ...]] = {
    "cdr": (
        Kind("missing_customer", 0.0005, "customer_id_missing", setting("subs_id", None)),
        Kind("negative_duration", 0.0008, "duration_negative", negated("dur_s"), _is("biz_typ", "10")),
        Kind("absurd_duration", 0.0004, "duration_absurd", setting("dur_s", LONGER_THAN_A_DAY_S), _is("biz_typ", "10")),
        Kind("negative_volume", 0.0004, "volume_negative", negated("vol_kb"), _is("biz_typ", "30")),
        Kind("absurd_volume", 0.0008, "volume_absurd", setting("vol_kb", KB_NO_ONE_USES), _is("biz_typ", "30")),
        Kind("absurd_charge", 0.0002, "charge_absurd", setting("fee_fen", FEN_NO_ONE_PAYS)),
        Kind("unknown_kind", 0.0003, "kind_unknown", setting("biz_typ", "99")),
        Kind("malformed_number", 0.002, "kept", one_of("opp_msisdn", MALFORMED), _reads("opp_msisdn", WELL_FORMED)),
        Kind("late", 0.003, "late", late("load_tm")),
        Kind("exact_double", 0.002, "merged", doubled),
    ),
    "subs_his": (
        Kind("malformed_number", 0.004, "phone_malformed", one_of("msisdn", MALFORMED)),
        Kind("absurd_birth", 0.002, "birth_year_absurd", setting("birth_yr", 1800)),
        Kind("future_joining", 0.0005, "joined_in_future", shifted("open_dt", TEN_YEARS_DAYS), _is_opening),
        Kind("reversed_dates", 0.0005, "dates_reversed", shifted("rec_tm", -100), _is_opening),
        Kind("unknown_pay_mode", 0.0005, "pay_mode_unknown", setting("pay_typ", "7")),
        Kind("negative_rent", 0.0005, "plan_fee_negative", negated("rent_fen")),
        Kind("missing_sex", 0.01, "kept", setting("sex_cd", None)),
        Kind("missing_birth", 0.01, "kept", setting("birth_yr", None)),
        Kind("wrong_document", 0.008, "kept", rewritten("id_no", mistyped), _reads("id_no", WHOLE_DOCUMENT)),
        Kind("unknown_region", 0.002, "kept", setting("area_cd", "77")),
        Kind("unknown_plan", 0.002, "kept", setting("prod_id", "PX9")),
        Kind("region_name", 0.006, "repaired", rewritten("area_cd", _region_name, _large_region_name)),
        Kind("region_spelling", 0.004, "repaired", rewritten("area_cd", full_width, _without_zero)),
        Kind(
            "plan_spelling", 0.006, "repaired",
            rewritten("prod_id", str.lower, _spaced_plan, _wide_plan, _plan_by_price),
        ),
        Kind("name_spacing", 0.01, "repaired", rewritten("cust_nm", spaced, full_width_space)),
        Kind("name_traditional", 0.01, "repaired", rewritten("cust_nm", traditional), _has_traditional),
        Kind("fuzzy_double", 0.012, "matched", registered_twice, _is_opening),
    ),
    "agr_info": (Kind("reversed_term", 0.02, "term_reversed", copied("end_dt", "beg_dt"), _begins_in_the_month),),
    "bill_item": (
        Kind("late", 0.0004, "late", late("gen_tm"), _is("item_cd", "1001"), whole_bills),
        Kind("wrong_sign", 0.0003, "sign_wrong", negated("amt_fen"), _positive("amt_fen")),
        Kind("absurd_amount", 0.0003, "amount_absurd", setting("amt_fen", FEN_NO_ONE_PAYS), _positive("amt_fen")),
        Kind("missing_amount", 0.0002, "amount_cny_missing", setting("amt_fen", None)),
        Kind("missing_customer", 0.0002, "customer_id_missing", setting("subs_id", None)),
        Kind("unknown_item", 0.0002, "item_unknown", setting("item_cd", "7777")),
        Kind("exact_double", 0.001, "merged", doubled),
        Kind("correction", 0.001, "late", corrected("amt_fen", "gen_tm"), _is("item_cd", "1001")),
    ),
    "pay_log": (
        Kind("reversed", 0.0005, "amount_not_positive", negated("amt_fen")),
        Kind("absurd_amount", 0.0005, "amount_absurd", setting("amt_fen", FEN_NO_ONE_PAYS)),
        Kind("missing_customer", 0.0005, "customer_id_missing", setting("subs_id", None)),
        Kind("late", 0.004, "late", late("rec_tm")),
        Kind("exact_double", 0.002, "merged", doubled),
        Kind("correction", 0.002, "late", corrected("amt_fen", "rec_tm")),
    ),
    "topup_log": (
        Kind("reversed", 0.001, "amount_not_positive", negated("amt_fen")),
        Kind("absurd_amount", 0.001, "amount_absurd", setting("amt_fen", FEN_NO_ONE_PAYS)),
        Kind("missing_customer", 0.001, "customer_id_missing", setting("subs_id", None)),
        Kind("late", 0.003, "late", late("rec_tm")),
        Kind("exact_double", 0.002, "merged", doubled),
    ),
    "bal_snap": (
        Kind("missing_balance", 0.001, "balance_cny_missing", setting("bal_fen", None)),
        Kind("absurd_balance", 0.001, "balance_absurd", setting("bal_fen", FEN_NO_ONE_HAS)),
    ),
    "owe_snap": (
        Kind("no_debt", 0.01, "arrears_not_positive", setting("owe_fen", 0)),
        Kind("absurd_debt", 0.01, "arrears_absurd", setting("owe_fen", FEN_NO_ONE_PAYS)),
        Kind("negative_age", 0.01, "overdue_negative", setting("owe_days", -3)),
    ),
    "srv_snap": (
        Kind("unknown_service", 0.001, "service_unknown", setting("srv_cd", "ZZ")),
        Kind("negative_traffic", 0.002, "traffic_absurd", setting("flow_mb", -1), _is("srv_cd", "BB")),
    ),
    "site_snap": (Kind("no_operator", 0.003, "operator_count_absurd", setting("oper_cnt", 0)),),
    "fix_use": (
        Kind("negative_traffic", 0.002, "usage_negative", setting("flow_mb", -1), _is("acc_typ", "BB")),
        Kind("absurd_days", 0.002, "days_absurd", setting("act_days", 45)),
        Kind("unknown_access", 0.001, "access_unknown", setting("acc_typ", "ZZ")),
    ),
    "term_snap": (
        Kind("unknown_generation", 0.001, "generation_unknown", setting("gen_cd", "9")),
        Kind("unknown_lock", 0.001, "lock_unknown", setting("lock_cd", "9")),
        Kind("absurd_price", 0.001, "price_absurd", setting("price_fen", FEN_NO_ONE_PAYS)),
        Kind("future_first_use", 0.001, "first_use_in_future", shifted("first_dt", TEN_YEARS_DAYS)),
    ),
    "fault_ticket": (
        Kind("late", 0.01, "late", late("rec_tm")),
        Kind("negative_repair", 0.012, "repair_negative", setting("fix_hours", -5), _repaired_at_once),
    ),
    "cmplt_ticket": (
        Kind("late", 0.02, "late", late("rec_tm")),
        Kind("missing_customer", 0.01, "customer_id_missing", setting("subs_id", None)),
    ),
    "survey_ans": (
        Kind("off_scale", 0.01, "score_off_scale", setting("score", 99)),
        Kind("unknown_kind", 0.005, "kind_unknown", setting("survey_typ", "XYZ")),
    ),
    "mkt_offer": (
        Kind("late", 0.01, "late", late("rec_tm")),
        Kind("absurd_discount", 0.003, "discount_absurd", setting("disc_fen", FEN_NO_ONE_PAYS)),
    ),
    "keep_contact": (
        Kind("unreached_reply", 0.05, "response_without_reach", setting("reply_cd", "1"), _is("reach_flag", "0")),
    ),
    "biz_request": (Kind("unknown_kind", 0.015, "kind_unknown", setting("req_cd", "R9")),),
    "np_request": (Kind("missing_customer", 0.018, "customer_id_missing", setting("subs_id", None)),),
}  # fmt: skip
