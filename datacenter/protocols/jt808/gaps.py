"""What the material at hand does not say about JT/T 808 (未查到的内容), for the papers; the code guesses none of it."""

NOT_FOUND: tuple[tuple[str, str], ...] = (
    ("0x0701 电子运单", "运单内容的编码：标准未规定，实践中为 GBK 文本；按字节保存"),
    ("0x0700/0x8700 行驶记录数据", "GB/T 19056 各命令数据块的内部格式，以及采集命令的起始字头；按字节保存"),
    ("消息体 RSA 加密", "填充方式与分块方式；没有解密函数时按名称拒收，有则由使用者提供"),
    ("0x0901 数据压缩上报", "压缩前内容是整条消息还是消息体；只解压，不再解析"),
    ("车牌颜色 JT/T 697.7-2014", "2019 版所引代码表；除 0（未上牌）外按 JT/T 415-2006 显示"),
    ("厂商自定义项 0xE1–0xFF", "各厂商的定义；除 vendors.py 中有名称的表外按字节保存"),
    ("一致性测试", "JT/T 808 的一致性测试规程"),
)
"""Subject, and what was not found of it."""
