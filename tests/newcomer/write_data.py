"""Writes ``data/``: eight months of a small regional operator as its clerks export them, seeded and made up.

Bills in fen with dates such as 2024/3/5, GB18030; the master record the same way, phone numbers with +86, spaces and
dashes; usage already summed up by month, with semicolons, in UTF-8; complaints as one file that grows.

    python tests/newcomer/write_data.py
"""

import random
from datetime import date, timedelta
from pathlib import Path

DATA = Path(__file__).parent / "data"
MONTHS = [date(2024, number, 1) for number in range(1, 9)]
CUSTOMERS, JOINING, COMPLAINTS = 180, 12, 12
PLANS = {"畅聊19": 1900, "畅聊38": 3800, "全家58": 5800}
NAMES = ("王", "李", "赵", "钱", "孙", "周", "吴", "郑")
GIVEN = ("伟", "芳", "娜", "强", "敏", "静", "磊", "洋", "艳", "勇")
MASTER = (
    "用户编号,手机号码,机主姓名,所在乡镇,出生年份,套餐,月租分,付费方式,入网日期,状态"
)
USAGE = "用户编号,主叫分钟,被叫分钟,流量GB,短信条数,使用天数,最后使用日"
TOWNS = ("河口镇", "石桥乡", "南关街道")


def day(when: date) -> str:
    """As the billing clerk writes it: 2024/3/5."""
    return f"{when.year}/{when.month}/{when.day}"


def phone(number: int, chance: random.Random) -> str:
    digits = f"139{80000000 + number:08d}"
    forms = ("+86 {}", "+86{}", "{}", "{}", "86-{}")
    spaced = (
        f"{digits[:3]}-{digits[3:7]}-{digits[7:]}" if chance.random() < 0.3 else digits
    )
    return chance.choice(forms).format(spaced)


class Customer:
    """Somebody with a tariff, and a mood that may turn: who is unhappy uses less and mostly goes."""

    def __init__(self, number: int, joined: date, chance: random.Random) -> None:
        self.number, self.joined, self.chance = number, joined, chance
        self.account = f"YH{number:05d}"
        self.name = (
            chance.choice(NAMES)
            + chance.choice(GIVEN)
            + (chance.choice(GIVEN) if chance.random() < 0.5 else "")
        )
        self.phone = phone(number, chance)
        self.plan = chance.choice(list(PLANS))
        self.town, self.born = chance.choice(TOWNS), chance.randint(1950, 2003)
        self.prepaid = chance.random() < 0.3
        self.minutes, self.data_mb = chance.uniform(60, 300), chance.uniform(500, 9000)
        self.unhappy = 0

    def live(self) -> bool:
        """One month on; False when the customer has left. Some come round, and some leave out of the blue."""
        swing = self.chance.uniform(0.75, 1.3) * (0.6 if self.unhappy else 1.0)
        self.minutes *= swing
        self.data_mb *= swing * self.chance.uniform(0.8, 1.2)
        if self.chance.random() < (0.2 if self.unhappy else 0.1):
            self.unhappy = 0 if self.unhappy else 1
        elif self.unhappy:
            self.unhappy += 1
        return self.chance.random() > (0.45 if self.unhappy >= 2 else 0.01)


def bills(customer: Customer, month: date, billed_on: date) -> list[list[object]]:
    number = f"ZD{month:%Y%m}{customer.number:05d}"
    items = [
        ("月租", PLANS[customer.plan]),
        ("语音", round(customer.minutes * 8)),
        ("流量", round(customer.data_mb * 0.3)),
    ]
    if customer.chance.random() < 0.2:
        items.append(("优惠", -500))
    return [
        [number, customer.account, day(month), item, fen, day(billed_on)]
        for item, fen in items
    ]


def master(customer: Customer) -> list[object]:
    c = customer
    paid = "预付" if c.prepaid else "后付"
    return [
        c.account,
        c.phone,
        c.name,
        c.town,
        c.born,
        c.plan,
        PLANS[c.plan],
        paid,
        day(c.joined),
        "在用",
    ]


def usage(customer: Customer, last: date) -> list[object]:
    c, used = customer, round(last.day * (0.6 if customer.unhappy else 0.95))
    figures = [
        f"{c.minutes:.1f}",
        f"{c.minutes * 0.8:.1f}",
        f"{c.data_mb / 1000:.3f}",
        c.chance.randint(0, 30),
        used,
    ]
    return [c.account, *figures, day(last - timedelta(days=3 * c.unhappy))]


def write(
    path: Path,
    header: str,
    rows: list[list[object]],
    *,
    encoding: str = "gb18030",
    separator: str = ",",
) -> None:
    lines = [
        header.replace(",", separator),
        *(separator.join(str(cell) for cell in row) for row in rows),
    ]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))


def main(folder: Path = DATA) -> None:
    chance = random.Random(20_240_308)
    folder.mkdir(exist_ok=True)
    first = MONTHS[0]
    people = [
        Customer(n, first - timedelta(days=chance.randint(40, 3000)), chance)
        for n in range(1, CUSTOMERS + 1)
    ]
    complaints: list[list[object]] = []
    for month in MONTHS:
        after = (month + timedelta(days=32)).replace(day=1)
        rows = [
            row
            for one in people
            for row in bills(one, month, after + timedelta(days=chance.randint(0, 2)))
        ]
        write(
            folder / f"出账明细_{month:%Y%m}.csv",
            "账单号,用户编号,账期,费用科目,金额分,出账日期",
            rows,
        )
        write(
            folder / f"用户资料_{month:%Y%m}.csv",
            MASTER,
            [master(one) for one in people],
        )
        last = after - timedelta(days=1)
        write(
            folder / f"用量汇总_{month:%Y%m}.csv",
            USAGE,
            [usage(one, last) for one in people],
            encoding="utf-8",
            separator=";",
        )
        for one in sorted(
            people, key=lambda c: chance.random() / (8 if c.unhappy else 1)
        )[:COMPLAINTS]:
            when = month + timedelta(days=chance.randint(0, 27))
            complaints.append(
                [
                    f"TS{len(complaints) + 1:04d}",
                    one.account,
                    day(when),
                    "信号不好，打电话断线",
                ]
            )
        people = [one for one in people if one.live()]
        start = max(c.number for c in people) + 1
        people += [
            Customer(start + n, after + timedelta(days=2 * n), chance)
            for n in range(JOINING)
        ]
    write(folder / "投诉登记.csv", "工单号,用户编号,投诉日期,投诉内容", complaints)


if __name__ == "__main__":
    main()
