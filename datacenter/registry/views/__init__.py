"""The registry's pages (登记页面): a list and a page of each thing, import and export."""
