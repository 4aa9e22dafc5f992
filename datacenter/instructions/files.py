"""Files of instructions and answers (指令附件): pictures and office documents, told apart by their content.

What the name or the browser says counts for nothing. Nothing is shown inside a page: a file is saved by its reader.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse

from datacenter.cases import evidence
from datacenter.cases.errors import FieldRefused
from datacenter.cases.evidence import StoredFile
from datacenter.cases.pictures import GUARD
from datacenter.instructions.errors import InstructionFieldRefused, InstructionNotFound
from datacenter.instructions.models import InstructionFile

MOST_FILES = 9
MOST_BYTES = 10 * 1024 * 1024
_MOST_UNPACKED = 200 * 1024 * 1024
_PDF, _ZIP = b"%PDF-", b"PK\x03\x04"
_TAIL = 2048  # the mark at the end of a PDF stands within its last bytes
# The part that makes an archive such a document: content type, suffix.
_OFFICE = {
    "word/document.xml": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    "xl/workbook.xml": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
}
_WANTED = "只接受照片（JPEG、PNG、WebP）、PDF、Word（.docx）、Excel（.xlsx）"


def store(uploads: Sequence[UploadedFile], field: str = "files") -> list[StoredFile]:
    """Check and keep uploaded files. Raises ``InstructionFieldRefused`` naming the file and the rule it breaks."""
    if len(uploads) > MOST_FILES:
        raise InstructionFieldRefused(field, f"一次最多上传 {MOST_FILES} 个附件，现为 {len(uploads)} 个")
    kinds = [_check(upload, field) for upload in uploads]
    return [evidence.keep(upload, *kind) for upload, kind in zip(uploads, kinds, strict=True)]


def _check(upload: UploadedFile, field: str) -> tuple[str, str]:
    """Content type and suffix by content."""
    if not upload.size:
        raise InstructionFieldRefused(field, f"附件 {upload.name} 是空的")
    if upload.size > MOST_BYTES:
        raise InstructionFieldRefused(field, f"附件 {upload.name} 超过 {MOST_BYTES // 1024 // 1024} MB")
    upload.seek(0)
    head = upload.read(8)
    upload.seek(max(0, upload.size - _TAIL))
    tail = upload.read()
    upload.seek(0)
    if head.startswith(_PDF):
        if b"%%EOF" not in tail:
            raise InstructionFieldRefused(field, f"附件 {upload.name} 是不完整的 PDF")
        return "application/pdf", ".pdf"
    if head.startswith(_ZIP):
        return _office(upload, field)
    try:
        return evidence.check_photo(upload)
    except FieldRefused:
        raise InstructionFieldRefused(field, f"附件 {upload.name} 的内容无法识别，{_WANTED}") from None


def _office(upload: UploadedFile, field: str) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(upload) as archive:
            names = set(archive.namelist())
            unpacked = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, OSError):
        raise InstructionFieldRefused(field, f"附件 {upload.name} 已损坏") from None
    finally:
        upload.seek(0)
    kind = next((kind for part, kind in _OFFICE.items() if part in names), None)
    if kind is None or "[Content_Types].xml" not in names:
        raise InstructionFieldRefused(field, f"附件 {upload.name} 是压缩包，{_WANTED}")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise InstructionFieldRefused(field, f"附件 {upload.name} 含有宏，请另存为不含宏的文件")
    if unpacked > _MOST_UNPACKED:
        raise InstructionFieldRefused(field, f"附件 {upload.name} 解压后过大")
    return kind


def response(file: InstructionFile) -> FileResponse:
    """The file to be saved. Raises ``InstructionNotFound`` where its bytes are gone."""
    path = Path(settings.MEDIA_ROOT) / file.path
    if not path.is_file():
        raise InstructionNotFound("附件文件不在存储中，请联系系统管理员", file=file.pk)
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=file.name or path.name, content_type=file.content_type,
        headers=GUARD,
    )  # fmt: skip
