"""What each gate asks as the product brings it; a company may write another version.

Source: docs/rules/gates.md, "Criteria".
"""

from __future__ import annotations

from .criteria import Asked, Check, Side
from .states import Code

QUARTER, HALF_YEAR, YEAR = 90, 182, 365

FIRST: dict[Code, tuple[Asked, ...]] = {
    Code.DATA: (
        Asked(
            "production_data",
            "Tested on data as production writes it",
            "With empty fields, free text and the volume of a usual week; not on a cleaned extract.",
            valid_days=HALF_YEAR,
        ),
        Asked(
            "clean_to_live",
            "Every class of error was counted on curated and on live data",
            "What is lost between them is shown in points; 15 to 30 are usual. How much is too much, the"
            " decider says.",
            Check.FACT,
            fact="clean_to_live",
        ),
        Asked(
            "snapshots",
            "Data snapshots are written down",
            "When they were taken, how many rows, which days they cover and what is known to be wrong.",
            Check.FACT,
            fact="snapshots_taken",
        ),
        Asked(
            "sources_listed",
            "Everything that the decision needs stands on the list of sources",
            "Systems, spreadsheets and paper, each with somebody who maintains it; the sources of its"
            " primary metrics among them.",
            Check.FACT,
            fact="sources_listed",
        ),
        Asked(
            "sources_current",
            "No source is older than it may be",
            "A sheet that nobody touched for 18 months still looks like data.",
            Check.FACT,
            fact="sources_current",
        ),
        Asked(
            "fields_agreed",
            "Each field that the decision needs means the same everywhere",
            "Lead time in working days here and in calendar days there are two numbers. What differs is"
            " converted, or somebody says why it may stand.",
            Check.FACT,
            fact="fields_agreed",
        ),
        Asked(
            "entered_in_time",
            "What happened is told apart from when it was entered, and entered in time",
            "A receipt of 11 o'clock that is posted at 17 is six hours late; posted in another week it"
            " makes another figure.",
            Check.FACT,
            fact="entered_in_time",
        ),
        Asked(
            "seasons",
            "Each snapshot covers a full seasonal cycle, or says what it lacks",
            "Half a year of figures knows nothing of the other half.",
            Check.FACT,
            fact="season_covered",
        ),
    ),
    Code.ACCURACY: (
        Asked(
            "by_consequence",
            "Each class of error is shown to be within what is tolerated, on live data",
            "Four wasted minutes and a recall are two kinds of error; one overall percentage hides it.",
            Check.FACT,
            fact="errors_within",
        ),
        Asked(
            "costly_missed",
            "Costly errors that nobody caught on live data",
            "With safety, recall or customer consequence, over the last 14 days.",
            Check.NUMBER,
            Side.LE,
            0,
            valid_days=QUARTER,
        ),
        Asked(
            "person_checks",
            "A person checks each costly case before it takes effect",
            "Costly is what may lead to harm, to a recall, or what a customer notices.",
            Check.FACT,
            fact="costly_checked",
        ),
    ),
    Code.FAILURE: (
        Asked(
            "fallbacks",
            "Each way to fail has a fallback, a threshold and somebody who is alerted",
            "Wrong, unsure, late and silent are four ways; each is asked for.",
            Check.FACT,
            fact="modes_ready",
        ),
        Asked(
            "drill",
            "Each way to fail was tried in a drill, and the fallback held",
            "A drill older than 90 days does not count.",
            Check.FACT,
            fact="modes_drilled",
        ),
    ),
    Code.INTEGRATION: (
        Asked(
            "scheduled",
            "Figures arrive by themselves",
            "Wired to the system of record and scheduled; nobody carries a file by hand.",
            Check.FACT,
            fact="feed_arrives",
        ),
        Asked(
            "on_time",
            "They arrive in time",
            "95 of 100 figures within the lag that their source may have: 15 minutes of one that sends"
            " continuously.",
            Check.FACT,
            fact="feed_on_time",
        ),
        Asked(
            "no_handoff",
            "No person stands between a source and the decision",
            "Spreadsheets, paper and what somebody exports or types; on the list of sources.",
            Check.FACT,
            fact="no_manual_handoff",
        ),
        Asked(
            "monitored",
            "Somebody is told when they stop",
            "Who, how, and when it was last tried.",
            valid_days=HALF_YEAR,
        ),
    ),
    Code.COST: (
        Asked(
            "at_volume",
            "Cost at full volume is worked out",
            "Volume, sites, unit cost and overhead against the labour it replaces and what errors cost.",
            Check.FACT,
            fact="at_volume",
        ),
        Asked(
            "cost_signed",
            "Finance signed it",
            "The version as it stands now: every change needs a new signature.",
            Check.FACT,
            fact="cost_signed",
        ),
        Asked(
            "worse_case",
            "It still pays at three times the unit cost, or Finance accepts that it does not",
            "At scale the cost of inference has been three times the estimate.",
            Check.FACT,
            fact="worse_case",
        ),
    ),
    Code.OWNERSHIP: (
        Asked(
            "operator",
            "A named operator has hours for it every week",
            "Not the data scientist and not the integrator: somebody of the plant who stays.",
            Check.FACT,
            fact="operator_named",
        ),
        Asked(
            "deputy",
            "A deputy is named",
            "Holidays and leaving dates come.",
            Check.FACT,
            fact="deputy_named",
        ),
        Asked(
            "retraining",
            "It is written down when the model is trained anew, and by whom",
            "With which data, who checks the new one, and how the old one comes back.",
            valid_days=YEAR,
        ),
        Asked(
            "retraining_trigger",
            "A figure calls for it, and whom it tells answered when it was tried",
            "Accuracy may decay within 90 days. Which figure, from where on, for how long, and who is"
            " told: a trigger that nobody tried is one that nobody hears.",
            Check.FACT,
            fact="retraining_ready",
        ),
    ),
}
