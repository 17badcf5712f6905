// What a query may be at most, with the reasons.

/** Characters. Grafana's longest (a choice of 1,000 values) has some 40,000. */
export const queryCharactersMax = 65_536

/** Operators, stages and operands. It bounds the work a span costs and, with the depth, the stack. */
export const queryPartsMax = 5_000

/** Parentheses in each other, and operators in a row that must wait for the next. */
export const queryDepthMax = 200

/** Fields that metrics are grouped by. Tempo takes five. */
export const groupsMax = 10

/** Of `compare`, as in Tempo. */
export const comparedValuesMax = 1_000

/** Of a regular expression: its program grows with the counts in it (`(a{100}){10}`). */
export const patternInstructionsMax = 10_000

/** Of metrics, as in Prometheus: more than a screen has pixels. */
export const stepsMax = 11_000n

/** Different values that `compare` counts, of all attributes together: some 40 MB. */
export const countedValuesMax = 50_000
