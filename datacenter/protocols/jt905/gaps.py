"""What the material at hand does not say about JT/T 905.2 (未查到的内容), for the papers; none of it is guessed."""

NOT_FOUND: tuple[tuple[str, str], ...] = (
    ("标准文本", "JT/T 905.2-2014 正文未在手；各表依据公开实现，分歧见 notes-jt905.md"),
    ("0x0B02、0x0B06、0x0B0A、0x0B0B", "终端消息的格式；按字节保存"),
    ("0x0B09、0x8805", "消息体格式；按字节保存"),
    ("0x8103、0x0104 参数 ID", "各参数的含义；按字节保存"),
    ("0x8803 media_type", "取值的含义（公开的唯一例子为 2）；按数值保存"),
    ("0x8B10、0x0B10 外围设备数据", "除计价器营运数据外各设备的数据；按字节保存"),
    ("0x0B11 设备状态", "各设备状态值的含义；按字节保存"),
    ("0x8401 标志", "标志的含义；按数值保存"),
)
"""Subject, and what was not found of it."""
