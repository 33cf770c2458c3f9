"""The words of the page "what we need from you" that are not in the contracts.

Its opening, with the drawing of the two dates, is ``templates/what_we_need.<language>.md``.
"""

KINDS = {
    "A1": {"en": "Usage", "zh": "详单与用量"},
    "A2": {"en": "Customer master", "zh": "客户资料"},
    "A3": {"en": "Billing and payment", "zh": "计费账务"},
    "A4": {"en": "Sales and retention", "zh": "营销与维系"},
    "A5": {"en": "Service, network and everything else", "zh": "服务、网络及其他"},
}
COVERS = {
    "events": {"en": "what happened in the month", "zh": "当月发生的事件"},
    "state": {
        "en": "the state or sum at the end of the month, dated its last day",
        "zh": "月末的状态或当月合计，日期为当月最后一日",
    },
    "versions": {
        "en": "what was in force in the month; event_date is when that began and mostly lies before it",
        "zh": "当月有效的记录；event_date 为生效日期，多在当月之前",
    },
}
TYPES = {
    "text": {"en": "text", "zh": "文本"},
    "integer": {"en": "whole number", "zh": "整数"},
    "decimal": {"en": "decimal", "zh": "小数"},
    "double": {"en": "number", "zh": "数值"},
    "date": {"en": "date", "zh": "日期"},
    "timestamp": {"en": "date and time", "zh": "日期时间"},
    "boolean": {"en": "true or false", "zh": "是否"},
}
WORDS = {
    "en": {
        "overview": "All tables",
        "overview_head": "| table | kind | | features | triggers |",
        "needed": "**required**: without it nobody is a customer",
        "welcome": "optional",
        "row": "One row is: ",
        "month": "A month's delivery holds: ",
        "key": "One row for each: ",
        "columns_head": "| column | type | needed | meaning | example |",
        "required": "**required**",
        "optional": "optional",
        "costs": "; features lost without it: {}",
        "costs_triggers": "; triggers lost: {}",
        "token": " (deliver it in clear; it is stored as a token only)",
        "direct": " (kept within the customer table, never shown)",
        "triggers": "- Makes the trigger `{0}` possible: {1}",
        "features": "Switches on {} features",
        "nothing": "Nothing reads it yet.",
        "sample": "As CSV:",
    },
    "zh": {
        "overview": "全部数据表",
        "overview_head": "| 表 | 类别 | | 特征数 | 触发规则 |",
        "needed": "**必需**：没有它就无从得知谁是在网用户",
        "welcome": "可选",
        "row": "一行表示：",
        "month": "每月交付：",
        "key": "每个取值一行：",
        "columns_head": "| 列 | 类型 | 是否需要 | 含义 | 示例 |",
        "required": "**必需**",
        "optional": "可选",
        "costs": "；缺少则失效的特征数：{}",
        "costs_triggers": "；失效的触发规则：{}",
        "token": "（请交付原文，入库只存加密标识）",
        "direct": "（仅存于客户表，不对外展示）",
        "triggers": "- 使触发规则 `{0}` 成为可能：{1}",
        "features": "可启用 {} 个特征",
        "nothing": "目前尚无计算读取此表。",
        "sample": "CSV 示例：",
    },
}
