"""What customers say when they complain: subject, mood, other operators, and the slips of whoever typed it.

A text is an opening, one or two statements on the subject, sometimes a word about another operator, and an ending.
Mood rises with distress: the calm are polite or plain, the distressed often furious, and those whom another operator
tempts speak of it. Both only lean that way, so that a text is a sign and no proof. No text holds a telephone number.
"""

import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.clock import Array

SUBJECTS = (  # price, network, service, billing, porting
    (
        "套餐月租太高，别的套餐同样流量便宜一半",
        "超出套餐的流量收费不合理，要求解释",
        "老用户没有优惠，新用户反而更便宜",
        "资费又涨了，事先没有任何通知",
        "每个月都用不完套餐里的通话，想换便宜一点的套餐",
        "这个价格现在不值，性价比太低",
        "优惠到期后月租从{a}元变成{b}元",
        "想降低套餐，营业员说只能升不能降",
        "宽带续费比新装还贵",
    ),
    (
        "家里信号很差，电话经常打不通",
        "晚上上网特别慢，视频一直转圈",
        "电梯里和地下车库完全没有信号",
        "通话到一半就断线，一天断{n}次",
        "5G显示满格但是网页打不开",
        "小区基站拆了以后手机基本没信号",
        "上周开始宽带频繁掉线，重启光猫也没用",
        "在单位上班时流量用不了，同事别的网都正常",
        "打游戏延迟很高，高峰期根本用不了",
    ),
    (
        "营业厅排队一个多小时，态度也不好",
        "客服多次承诺回电，一直没有人联系",
        "反映的问题推来推去没有人处理",
        "人工客服等了{n}分钟都接不通",
        "装机师傅约好时间没有来，也不打招呼",
        "同一个问题已经报了{n}次，每次都要从头说起",
        "业务员没讲清楚就给我办了业务",
        "客服说话不耐烦，没等我说完就挂了",
        "APP上办理一直报错，打热线又让我去营业厅",
    ),
    (
        "账单里有没有订购过的增值业务，要求退费",
        "已经缴费仍然被停机，影响工作",
        "本月账单比上月多出几十元，原因不明",
        "多扣了{a}元，查不到明细",
        "充值没有到账，余额不对",
        "宽带已经拆了还在继续扣费",
        "莫名其妙开通了彩铃和会员，每月扣{n}元",
        "欠费提醒发错了，我上周已经交过费",
        "发票金额和账单对不上",
    ),
    (
        "申请携号转网被要求先解约，手续太麻烦",
        "携转短信一直收不到授权码",
        "转网被告知有隐藏合约，不认可",
        "要转网才告诉我还有违约金{a}元",
        "想把号码转走，营业厅以系统故障为由拖着不办",
        "携号转网办了{n}次都失败",
        "查询携转资格一直显示不符合条件",
        "当初没人说过这个号码要在网满两年",
    ),
)
OPENINGS = {
    "polite": (
        "您好，",
        "你好，麻烦帮忙看一下，",
        "客户礼貌反映，",
        "不好意思打扰了，",
        "之前的师傅服务很好，不过",
    ),
    "plain": ("", "", "用户反映：", "客户来电称", "来电咨询，", "再次反映，"),
    "furious": (
        "太过分了！",
        "忍无可忍！",
        "你们到底管不管？",
        "气死我了，",
        "客户情绪激动，称",
        "简直是骗子！",
    ),
}
ENDINGS = {
    "polite": ("，谢谢", "，麻烦尽快处理，辛苦了", "，希望能给个答复，感谢", "，不着急，有空回个电话就行"),
    "plain": ("", "，请核实", "，要求处理", "，要求尽快答复", "，请相关部门跟进"),
    "furious": (
        "，再不解决就投诉到工信部！", "，简直欺骗消费者！！", "，垃圾服务，差评！", "，马上给我销户！",
        "，要求赔偿，否则曝光！", "，再也不用你们的号了！",
    ),
}  # fmt: skip
RIVALS = (
    "，联通同样的套餐便宜多了", "，电信的客服已经联系我了", "，朋友都换到联通了", "，隔壁电信送宽带还送手机",
    "，准备转到别的运营商", "，另一家给的优惠更大", "，不行我就携号转网去电信", "，对面营业厅天天打电话让我转过去",
)  # fmt: skip
LEAVING = (
    "，准备销户",
    "，打算换号了",
    "，下个月就不用了",
    "，合约一到期我就走",
    "，不用你们的网了",
    "，帮我办理拆机",
)
SHORT = (  # by subject, as an agent in a hurry takes it down
    ("太贵", "嫌资费高", "要降套餐"), ("信号差", "网慢", "断网"), ("态度差", "没人管", "催办"),
    ("乱扣费", "要退费", "停机错误"), ("携转受阻", "要转网", "查携转"),
)  # fmt: skip
ENGLISH = (
    "Customer says the plan is too expensive.",
    "No signal at home, calls keep dropping.",
    "Nobody called back, please handle ASAP.",
    "Bill is wrong, asks for a refund.",
    "Wants to port out, code not received.",
)
SLIPS = {
    "信号": "信好", "流量": "留量", "套餐": "套参", "客服": "客福", "账单": "帐单", "宽带": "宽代", "优惠": "优会",
    "营业厅": "营业庭", "一直": "一只", "处理": "处里", "反映": "反应", "已经": "以经", "投诉": "头诉", "根本": "跟本",
}  # fmt: skip
FURIOUS, FURIOUS_IN_DISTRESS = 0.07, 0.5  # chance, and what full distress adds
POLITE = 0.3
RIVAL_NAMED, RIVAL_NAMED_WHEN_TEMPTED = 0.03, 0.45
LEAVING_NAMED, LEAVING_NAMED_IN_DISTRESS = 0.02, 0.15  # twice as often when tempted
TWO_STATEMENTS, LONG, MISTYPED = 0.3, 0.03, 0.12
EMPTY, IN_ENGLISH, TERSE = 0.01, 0.02, 0.05  # shares of texts that say little


class Mood(NamedTuple):
    """How one complaint sounds: the manner, whether another operator is named, and whether leaving is."""

    manner: str
    names_rival: bool
    threatens: bool


def complaint_texts(
    kind: Array, distress: Array, tempted: Array, chance: np.random.Generator
) -> pa.Array:
    """What each customer said.

    Args:
        kind: subject of each complaint by its number in ``SUBJECTS``.
        distress: 0 to 1.
        tempted: whether another operator is what draws the customer away.
    """
    texts: list[str | None] = []
    for subject, level, is_tempted in zip(
        kind.tolist(), distress.tolist(), tempted.tolist(), strict=True
    ):
        mood, form = _mood(level, is_tempted, chance), chance.random()
        if form < EMPTY:
            texts.append(None)
        elif form < EMPTY + IN_ENGLISH:
            texts.append(ENGLISH[subject])
        elif form < EMPTY + IN_ENGLISH + TERSE:
            texts.append(_one(SHORT[subject], chance))
        else:
            texts.append(_typed(_said(subject, mood, chance), chance))
    return pa.array(texts, pa.string())


def _mood(distress: float, tempted: bool, chance: np.random.Generator) -> Mood:
    furious, other, rival, leaving = chance.random(4)
    if furious < FURIOUS + FURIOUS_IN_DISTRESS * distress:
        manner = "furious"
    else:
        manner = "polite" if other < POLITE else "plain"
    names_rival = rival < RIVAL_NAMED + RIVAL_NAMED_WHEN_TEMPTED * distress * tempted
    threatens = leaving < LEAVING_NAMED + LEAVING_NAMED_IN_DISTRESS * distress * (
        1 + tempted
    )
    return Mood(manner, bool(names_rival), bool(threatens))


def _said(subject: int, mood: Mood, chance: np.random.Generator) -> str:
    """Opening, statements, what is threatened, ending."""
    statements = SUBJECTS[subject]
    many = 5 if chance.random() < LONG else 1 + int(chance.random() < TWO_STATEMENTS)
    body = "，".join(
        statements[number]
        for number in chance.permutation(len(statements))[:many].tolist()
    )
    amounts = {
        "a": int(chance.integers(12, 300)),
        "b": int(chance.integers(300, 600)),
        "n": int(chance.integers(2, 40)),
    }
    threats = (_one(RIVALS, chance) if mood.names_rival else "") + (
        _one(LEAVING, chance) if mood.threatens else ""
    )
    return (
        _one(OPENINGS[mood.manner], chance)
        + body.format(**amounts)
        + threats
        + _one(ENDINGS[mood.manner], chance)
    )


def _typed(text: str, chance: np.random.Generator) -> str:
    """As it was typed: now and then with one word misspelt."""
    found = [word for word in SLIPS if word in text]
    if not found or chance.random() >= MISTYPED:
        return text
    word = found[int(chance.integers(len(found)))]
    return re.sub(word, SLIPS[word], text, count=1)


def _one(choices: tuple[str, ...], chance: np.random.Generator) -> str:
    return choices[int(chance.integers(len(choices)))]
