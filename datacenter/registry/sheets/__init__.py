"""Tables that come in and go out (导入导出): companies, vehicles, practitioners, terminals, permits.

``columns`` says what stands in each table; ``reading`` makes text of a file; ``checking`` finds every fault;
``storing`` takes all rows or none; ``writing`` makes files.
"""
