"""Every kind of corrupted input, by what is damaged."""

from tests.corrupted.kinds_of_bills import BILLS
from tests.corrupted.kinds_of_databases import DATABASES
from tests.corrupted.kinds_of_files import FILES
from tests.corrupted.kinds_of_rows import ROWS
from tests.corrupted.kinds_of_schema import SCHEMA
from tests.corrupted.kinds_of_text import TEXTS
from tests.corrupted.kinds_of_values import VALUES

GROUPS = {
    ("Files", "文件"): FILES,
    ("Text of CSV files", "CSV 文本"): TEXTS,
    ("Databases", "数据库"): DATABASES,
    ("Columns", "字段"): SCHEMA,
    ("Values", "取值"): VALUES,
    ("Rows", "记录"): ROWS,
    ("Bills that are taken back", "冲销与贷记"): BILLS,
}
KINDS = tuple(kind for group in GROUPS.values() for kind in group)
