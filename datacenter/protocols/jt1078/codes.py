"""Numbers and what they mean (代码表). JT/T 1078-2016: its codec table and the fields of its messages."""

from datacenter.protocols.errors import UnfitValue

CODECS = {
    1: "G.721",
    2: "G.722",
    3: "G.723",
    4: "G.728",
    5: "G.729",
    6: "G.711A",
    7: "G.711U",
    8: "G.726",
    9: "G.729A",
    10: "DVI4_3",
    11: "DVI4_4",
    12: "DVI4_8K",
    13: "DVI4_16K",
    14: "LPC",
    15: "S16BE_STEREO",
    16: "S16BE_MONO",
    17: "MPEGAUDIO",
    18: "LPCM",
    19: "AAC",
    20: "WMA9STD",
    21: "HEAAC",
    22: "PCM_VOICE",
    23: "PCM_AUDIO",
    24: "AACLC",
    25: "MP3",
    26: "ADPCMA",
    27: "MP4AUDIO",
    28: "AMR",
    91: "透传",
    98: "H.264",
    99: "H.265",
    100: "AVS",
    101: "SVAC",
} | {code: f"自定义{code}" for code in range(111, 128)}
"""Codec of an audio or video stream (音视频编码类型), in 0x1003 and in the payload type of media packets."""

SAMPLE_RATES = {0: "8kHz", 1: "22.05kHz", 2: "44.1kHz", 3: "48kHz"}
SAMPLE_BITS = {0: "8位", 1: "16位", 2: "32位"}
YES_NO = {0: "不支持", 1: "支持"}

LIVE_DATA = {0: "音视频", 1: "视频", 2: "双向对讲", 3: "监听", 4: "中心广播", 5: "透传"}
LIVE_STREAMS = {0: "主码流", 1: "子码流"}
LIVE_CONTROLS = {
    0: "关闭音视频传输",
    1: "切换码流",
    2: "暂停该通道所有流",
    3: "恢复暂停前的流",
    4: "关闭双向对讲",
}
CLOSED = {0: "关闭音视频", 1: "只关音频", 2: "只关视频"}

STORED_MEDIA = {0: "音视频", 1: "音频", 2: "视频", 3: "视频或音视频"}
STORED_STREAMS = {0: "所有码流", 1: "主码流", 2: "子码流"}
STORAGES = {0: "所有存储器", 1: "主存储器", 2: "灾备存储器"}
PLAYBACKS = {0: "正常回放", 1: "快进回放", 2: "关键帧快退回放", 3: "关键帧播放", 4: "单帧上传"}
PLAYBACK_CONTROLS = {
    0: "开始回放",
    1: "暂停回放",
    2: "结束回放",
    3: "快进回放",
    4: "关键帧快退回放",
    5: "拖动回放",
    6: "关键帧播放",
}
SPEEDS = {0: "无效", 1: "1倍", 2: "2倍", 3: "4倍", 4: "8倍", 5: "16倍"}

DIRECTIONS = {0: "停止", 1: "上", 2: "下", 3: "左", 4: "右"}
LARGER_SMALLER = {0: "调大", 1: "调小"}
STOP_START = {0: "停止", 1: "启动"}

BIT_RATE_MODES = {0: "CBR", 1: "VBR", 2: "ABR"}
PICTURE_SIZES = {0: "QCIF", 1: "CIF", 2: "WCIF", 3: "D1", 4: "WD1", 5: "720P", 6: "1080P"}
CHANNEL_KINDS = {0: "音视频", 1: "音频", 2: "视频"}

MOST_AWAKE_MIN = 99


def wake_up_text(awake_min: int) -> str:
    """The short message that wakes a sleeping terminal (唤醒短信): for so many minutes; 0 is for good.

    Raises ``UnfitValue`` for more than the text's two digits hold. JT/T 1078-2016.
    """
    if not 0 <= awake_min <= MOST_AWAKE_MIN:
        raise UnfitValue(awake_min, "WAKEUPnn")
    return f"WAKEUP{awake_min:02d}"
