"""Refusals about papers, each named for what went wrong."""

from datacenter.errors import DomainError


class PaperFailed(DomainError):
    """The template and the data did not become a PDF; ``reason`` is what the setter said, for the log."""

    code = "paper_failed"
    status = 500
    message = "文书未能生成，请联系系统管理员"


class PaperTooLarge(DomainError):
    """Setting the paper took more than ``limit`` (seconds or bytes, as ``rule`` says)."""

    code = "paper_too_large"
    status = 503
    retryable = True
    message = "文书内容过多，未能在规定的时间和内存内生成"


class PressBusy(DomainError):
    """``limit`` papers are being set already, and none was finished in time."""

    code = "press_busy"
    status = 503
    retryable = True
    message = "正在生成的文书较多，请稍后再试"


class FontMissing(DomainError):
    """The packaged font is not in ``folder``."""

    code = "font_missing"
    status = 500
    message = "缺少文书字体，请执行 make setup 安装前端软件包"


class NothingToShow(DomainError):
    """The case has no finding, so there is no evidence of detection to put on paper."""

    code = "no_finding"
    status = 404
    message = "这个案件不是由系统检测产生的，没有可导出的证据材料"
