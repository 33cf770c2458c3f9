"""Words of the catalogue page, Chinese then English."""

FAMILIES = {
    "basic": ("基本属性", "basic"),
    "service": ("业务属性", "service"),
    "consumption": ("消费行为", "consumption"),
}
DIRECTIONS = {"up": "↑", "down": "↓", "none": "·"}
ALARMS = {
    "leak": ("疑似泄漏", "leak?"),
    "drift": ("分布漂移", "drift"),
    "missing": ("缺失", "missing"),
    "contrary": ("方向相反", "contrary"),
    "shift": ("略有变化", "shift"),
    "gone": ("本月没有", "not made"),
}
REASONS = {
    "pinned": ("采用（业务指定）", "kept, pinned"),
    "tells": ("采用", "kept"),
    "all": ("采用（未筛选）", "kept, nothing was selected"),
    "banned": ("业务禁用", "banned"),
    "missing": ("几乎全为空", "hardly ever known"),
    "constant": ("取值不变", "never varies"),
    "rare": ("极少变化", "hardly ever varies"),
    "levels": ("取值过多", "too many levels"),
    "month": ("仅标示月份", "tells which month it is"),
    "weak": ("无区分力", "tells nothing alone"),
    "twin": ("与他列重复", "says what another says"),
    "full": ("名额已满", "others tell more"),
}
