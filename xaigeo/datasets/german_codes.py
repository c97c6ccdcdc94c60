"""What the codes of the German credit data mean, by two code tables.

A code such as A34 is attribute 3, code 4. `STATLOG` is the table that came with the data (Hofmann
1994). Grömping (2019) found it wrong in many places, and `CORRECTED` is hers, under the same codes:
she went back to the bank's own scores (Häußler 1979) and to the shares that Fahrmeir and Hamerle
published of these data. `people_liable` and `foreign_worker` have codes opposite to hers in this
file, as she notes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# Order of the columns in the file, by the names of the corrected data.
COLUMNS = (
    "status",
    "duration",
    "credit_history",
    "purpose",
    "amount",
    "savings",
    "employment_duration",
    "installment_rate",
    "personal_status_sex",
    "other_debtors",
    "present_residence",
    "property",
    "age",
    "other_installment_plans",
    "housing",
    "number_credits",
    "job",
    "people_liable",
    "telephone",
    "foreign_worker",
)

EMPLOYMENT = ("unemployed", "< 1 year", "1 to 4 years", "4 to 7 years", ">= 7 years")
JOB = ("unskilled, non-resident", "unskilled, resident", "skilled", "management or highly skilled")
# Codes that both tables read alike.
COMMON = {
    "employment_duration": dict(zip(("A71", "A72", "A73", "A74", "A75"), EMPLOYMENT, strict=True)),
    "job": dict(zip(("A171", "A172", "A173", "A174"), JOB, strict=True)),
    "other_debtors": {"A101": "none", "A102": "co-applicant", "A103": "guarantor"},
    "other_installment_plans": {"A141": "bank", "A142": "stores", "A143": "none"},
    "telephone": {"A191": "no", "A192": "yes"},
}


@dataclass(frozen=True, kw_only=True)
class CodeTable:
    """Categories by code, orders of ordinal columns, units of numeric ones.

    Attributes
    ----------
    categories : dict of str to dict
        Of each coded column the category of a code.
    orders : dict of str to tuple
        Categories of ordinal columns from lowest to highest.
    units : dict of str to str
    """

    categories: dict[str, dict[str, str]]
    orders: dict[str, tuple[str, ...]]
    units: dict[str, str] = field(default_factory=dict)


STATLOG = CodeTable(
    categories=COMMON
    | {
        "status": {
            "A11": "< 0 DM",
            "A12": "0 to 200 DM",
            "A13": ">= 200 DM or salary",
            "A14": "no account",
        },
        "credit_history": {
            "A30": "no credits or all paid back",
            "A31": "all at this bank paid back",
            "A32": "existing ones paid back so far",
            "A33": "delays in the past",
            "A34": "critical or credits elsewhere",
        },
        "purpose": {
            "A40": "new car",
            "A41": "used car",
            "A42": "furniture",
            "A43": "radio or television",
            "A44": "appliances",
            "A45": "repairs",
            "A46": "education",
            "A48": "retraining",
            "A49": "business",
            "A410": "others",
        },
        "savings": {
            "A61": "< 100 DM",
            "A62": "100 to 500 DM",
            "A63": "500 to 1000 DM",
            "A64": ">= 1000 DM",
            "A65": "unknown or none",
        },
        "personal_status_sex": {
            "A91": "male, divorced",
            "A92": "female, not single",
            "A93": "male, single",
            "A94": "male, married or widowed",
        },
        "property": {
            "A121": "real estate",
            "A122": "building society or life insurance",
            "A123": "car or other",
            "A124": "unknown or none",
        },
        "housing": {"A151": "rent", "A152": "own", "A153": "for free"},
        "foreign_worker": {"A201": "yes", "A202": "no"},
    },
    orders={"employment_duration": EMPLOYMENT, "job": JOB},
    units={
        "duration": "months",
        "amount": "DM",
        "age": "years",
        "installment_rate": "% of income",
        "present_residence": "years",
    },
)

RATE = (">= 35 %", "25 to 35 %", "20 to 25 %", "< 20 %")
RESIDENCE = ("< 1 year", "1 to 4 years", "4 to 7 years", ">= 7 years")
CREDITS = ("1", "2 to 3", "4 to 5", ">= 6")
NUMBERS = ("1", "2", "3", "4")

CORRECTED = CodeTable(
    categories=COMMON
    | {
        "status": {
            "A11": "no account",
            "A12": "< 0 DM",
            "A13": "0 to 200 DM",
            "A14": ">= 200 DM or salary",
        },
        "credit_history": {
            "A30": "delays in the past",
            "A31": "critical or credits elsewhere",
            "A32": "no credits or all paid back",
            "A33": "existing ones paid back so far",
            "A34": "all at this bank paid back",
        },
        "purpose": {
            "A40": "others",
            "A41": "new car",
            "A42": "used car",
            "A43": "furniture",
            "A44": "radio or television",
            "A45": "appliances",
            "A46": "repairs",
            "A47": "education",
            "A48": "vacation",
            "A49": "retraining",
            "A410": "business",
        },
        "savings": {
            "A61": "unknown or none",
            "A62": "< 100 DM",
            "A63": "100 to 500 DM",
            "A64": "500 to 1000 DM",
            "A65": ">= 1000 DM",
        },
        "installment_rate": dict(zip(NUMBERS, RATE, strict=True)),
        "personal_status_sex": {
            "A91": "male, divorced",
            "A92": "female not single, or male single",
            "A93": "male, married or widowed",
            "A94": "female, single",
        },
        "present_residence": dict(zip(NUMBERS, RESIDENCE, strict=True)),
        "property": {
            "A121": "unknown or none",
            "A122": "car or other",
            "A123": "building society or life insurance",
            "A124": "real estate",
        },
        "housing": {"A151": "for free", "A152": "rent", "A153": "own"},
        "number_credits": dict(zip(NUMBERS, CREDITS, strict=True)),
        "people_liable": {"1": "0 to 2", "2": "3 or more"},
        "foreign_worker": {"A201": "no", "A202": "yes"},
    },
    orders={
        "employment_duration": EMPLOYMENT,
        "job": JOB,
        "installment_rate": RATE[::-1],
        "present_residence": RESIDENCE,
        "number_credits": CREDITS,
        "people_liable": ("0 to 2", "3 or more"),
    },
    units={"duration": "months", "amount": "DM", "age": "years"},
)
