"""Tells open pages that a case appeared or changed (案件变动广播), from any process, once it is committed."""

from datacenter.broadcast import tell


def city_group() -> str:
    """The group of those who see the whole city."""
    return "cases.city"


def county_group(county_id: str) -> str:
    """The group of one county's officers."""
    return f"cases.county.{county_id}"


def company_group(company_id: int | str) -> str:
    """The group of one company's people."""
    return f"cases.company.{company_id}"


def announce(case_id: int, number: str, county_id: str | None, company_id: int | None, state: str, verb: str) -> None:
    """Tell everybody who may see the case; the fields are named as in the API's row."""
    row = {"id": case_id, "number": number, "county": county_id, "company": company_id, "state": state}
    groups = [city_group()]
    if county_id:
        groups.append(county_group(county_id))
    if company_id:
        groups.append(company_group(company_id))
    tell(groups, {"type": "case.changed", "verb": verb, "case": row})
