"""The door for files: reads a folder of subjects, exposures and adverse events into rows of SDTM variables."""

from safety.intake.folder import Folder, read_folder
from safety.intake.mapping import FolderMap
from safety.intake.rows import Row, Table, Unreadable

__all__ = ["Folder", "FolderMap", "Row", "Table", "Unreadable", "read_folder"]
