// Queries that are refused: « and » enclose the place that is told, beside a part of the words.
import { expect, test } from 'vitest'
import { parseQuery } from './parse.ts'

const cases: [marked: string, words: string][] = [
  // Text
  ['«»', 'the query is empty (the query ends here). Write { }'],
  ['  «»', 'the query is empty'],
  ['{ «[» true }', 'There are no lists in TraceQL; write =~ "a|b"'],
  ['{ .a «==» 4 }', '== has no meaning here. Equal is written =.'],
  ['{ .a «===» 4 }', 'Equal is written =.'],
  ['{ .a «<>» 4 }', 'Unequal is written !=.'],
  ['{ .a = 1 «&» .b = 2 }', 'And is written &&.'],
  ["{ .a = «'»x' }", 'Strings are written in double quotes or backticks.'],
  ['{ .a = 1 }«;»', 'leave it out'],
  ['{ .a = «$»value }', 'Variables must be filled in'],
  ['{ .a = «#» }', '# has no meaning here. Leave it out.'],
  ['{ .a = «"x }»', 'this string has no end. Write a closing "'],
  ['{ .a = «"x\ny" }»', 'a line break in it is written \\n'],
  ['{ .a = «`x }»', 'this string has no end. Write a closing backtick.'],
  ['{ .a = "x«\\q»" }', '\\q is no escape. Write \\\\ for a backslash'],
  ['{ .a = "«\\ud800»" }', '\\ud800 is no escape'],
  ['{ } «/* comment»', 'this comment has no end. End it with */.'],
  // Numbers
  ['{ .a = «5x» }', '5x is no number and no duration'],
  ['{ duration > «5seconds» }', 'durations as 1h30m, 1.5s or 100us'],
  ['{ .a = «0x10» }', '0x10 is no number and no duration'],
  ['{ .a = «9223372036854775808» }', 'has more than 64 bits. Write 9223372036854775808.0 for a float.'],
  ['{ .a = «1e999» }', '1e999 is too large'],
  ['{ duration > «300y» }', '300y is too long. The longest duration is 292 years.'],
  // Fields
  ['{ «.» }', '. has no key behind it'],
  ['{ «span.» }', 'Write one behind it, such as span.http.method.'],
  ['{ «parent.» = 1 }', 'parent. has no key behind it'],
  ['{ resource.«"service.name = 1 }»', 'this quoted key does not end'],
  ['{ span.«"a\\x" = 1 }»', '\\ that is before neither " nor \\'],
  [
    '{ «attribute» = 4 }',
    'attribute is no field and no value of TraceQL. Write .attribute for an attribute of that name',
  ],
  [
    '{ «http.status» = 4 }',
    'Write .http.status for an attribute of that name, or "http.status" for a string.',
  ],
  ['{ name = «checkout» }', 'or "checkout" for a string.'],
  ['{ «trace:status» = error }', 'there is no trace:status. With trace: there are trace:id, trace:duration'],
  ['{ «span:rootName» = "bar" }', 'there is no span:rootName. With span: there are span:name'],
  ['{ «event:id» = "bar" }', 'With event: there are event:name, event:timeSinceStart.'],
  ['{ «span:» = "bar" }', 'there is no span:.'],
  // Braces and parentheses
  ['{ .a = 3«»', '} or an operator is missing (the query ends here). Join conditions with && or ||'],
  ['{ (.a = 3 «}»', ') is missing behind the expression that ( opens (found }). Write ) here.'],
  ['{ .a = 3 «)» }', '} or an operator is missing (found ))'],
  ['{ .a = 3 } «}»', '} closes nothing (found }). Leave it out.'],
  ['({ .a = 3 }«»', ') is missing behind what ( opens'],
  ['{ .a = 1 «.b» = 2 }', '} or an operator is missing (found .b)'],
  ['{ .a = 1 } «{» .b = 2 }', 'the query should end here (found {). Join span sets with && or ||'],
  ['{ .a «>>» .b }', '>> is between span sets, not between conditions'],
  ['{ .a = 1 «|» count() > 2 }', '| is between span sets'],
  ['{ .a = «}»', 'a field or a value is missing (found })'],
  ['{ .a && «&&» .b }', 'a field or a value is missing (found &&)'],
  ['{ «<» 5 }', 'a field or a value is missing (found <)'],
  // Types
  [
    '{ «status = 5» }',
    'a status cannot be compared with a whole number. Compare it with ok, error or unset.',
  ],
  ['{ «status = "error"» }', 'a status cannot be compared with a string'],
  ['{ «duration = "x"» }', 'Compare it with a duration, such as 100ms.'],
  ['{ «kind = error» }', 'a kind cannot be compared with a status. Compare it with server, client'],
  ['{ «name = 5» }', 'a string cannot be compared with a whole number'],
  ['{ «rootName != 3.2» }', 'a string cannot be compared with a number'],
  ['{ «1 = true» }', 'a whole number cannot be compared with true or false'],
  ['{ «status > ok» }', '> is for numbers, durations and strings, not for a status. Use = or !=.'],
  ['{ «kind < consumer» }', '< is for numbers, durations and strings, not for a kind'],
  [
    '{ .a = 1 && «status» }',
    'a status is no condition. Compare it, for example with = and ok, error or unset.',
  ],
  ['{ «name» }', 'a string is no condition'],
  ['{ «1 + 1» }', 'a whole number is no condition'],
  ['{ «"foo"» || .a }', 'a string is no condition'],
  ['{ 1 + «"foo"» = 1 }', '+ is for numbers and durations, not for a string'],
  ['{ «name» * 2 = 4 }', '* is for numbers and durations, not for a string'],
  ['{ «-name» = "foo" }', '- is for numbers and durations, not for a string. Leave it out.'],
  ['{ «!status» = error }', '! is for conditions, not for a status. Use != to compare'],
  ['{ «!1h» = 1 }', '! is for conditions, not for a duration'],
  ['{ .a =~ «5» }', '=~ needs a pattern on its right. Write it as a string'],
  ['{ .a !~ «.b» }', '!~ needs a pattern on its right'],
  ['{ «duration =~ "1.*"» }', 'a duration cannot be compared with a string'],
  ['{ «kind =~ server» }', '=~ is for strings, not for a kind'],
  ['{ .a =~ «"["» }', 'the pattern cannot be used: error parsing regexp: missing closing ]'],
  ['{ .a =~ «"(?=x)"» }', 'Patterns are written as in RE2 and match the whole value'],
  ['{ .a =~ «"(a{1000}){1000}"» }', 'the pattern cannot be used'],
  ['{ «span:status = nil» }', 'span:status is never nil. Every span has it; leave the comparison out.'],
  ['{ «nil = duration» }', 'span:duration is never nil'],
  ['{ «.a > nil» }', 'nil cannot be compared by >. Write = nil for absent, != nil for present.'],
  // Span sets and stages
  ['«true»', 'a span set is missing (found true). Write { } for all spans'],
  ['{ } && «5»', 'a span set is missing (found 5)'],
  ['{ } «+» { }', '+ does not join span sets (found +). Join them with &&, ||, or a structural sign'],
  ['{ } «=» { }', 'span sets cannot be compared (found =). Compare a number of them: { … } | count() > 2.'],
  ['{ } > «»', 'a span set is missing (the query ends here)'],
  ['{ } | «»', 'a stage is missing behind | (the query ends here)'],
  [
    '{ } | «notAnAggregate»() = 1',
    'a stage is missing behind | (found notAnAggregate). Write { } with conditions, count, avg',
  ],
  [
    '{ } | count()«»',
    'a comparison is missing behind the number (the query ends here). Compare it, as in count() > 2',
  ],
  ['{ } | count «=» 1', '( is missing behind count (found =)'],
  ['{ } | count(«.a») > 1', 'count takes nothing in its parentheses (found .a)'],
  ['{ } | max(«)» = 1', 'max needs a field (found )). Write one, as in max(duration).'],
  ['{ } | avg(«name») > 1', 'avg is for numbers and durations, not for a string'],
  ['{ } | sum(«status») = ok', 'sum is for numbers and durations, not for a status'],
  ['{ } | sum(«3») = 2', 'sum has no field in it. Write one, as in sum(duration).'],
  ['{ } | «3 > 2»', 'this compares two fixed numbers. Compare with count()'],
  ['{ } | max(duration) < «ok»', 'a number is missing (found ok)'],
  ['{ } | count() > «"2"»', 'a number is missing (found "2")'],
  ['{ } | by(«)»', 'a field or a value is missing (found ))'],
  ['{ } | by(«1»)', 'by has no field in it. Write a field, such as by(resource.service.name).'],
  ['{ } | by(name«,» kind)', 'by of span sets takes one field (found ,). Write | by(…) once more'],
  ['{ } | coalesce(«name»)', ') is missing behind coalesce( (found name)'],
  ['select(«)»', 'a field or a value is missing (found ))'],
  ['select(.a «+» 1)', ') is missing behind the fields of select (found +)'],
  ['({ } | count()«)» > 2', 'a number of spans in parentheses cannot be computed with or compared'],
  // Metrics
  ['{ } | «topk»(10)', 'topk is for metrics (found topk). Write metrics before it'],
  ['{ } | rate(«duration»)', 'rate takes nothing in its parentheses'],
  ['{ } | rate() | topk(«0»)', 'topk cannot keep 0 series. Write 1 or more.'],
  ['{ } | rate() | bottomk(«-1»)', 'bottomk cannot keep -1 series'],
  ['{ } | rate() | topk(«)»', 'topk needs a number'],
  ['{ } | rate() | topk(«1.5»)', 'how many series topk keeps must be a whole number'],
  ['{ } | rate() | «{» }', 'behind metrics there can only be topk, bottomk or a comparison'],
  ['{ } | rate() by «name»', '( is missing behind by (found name)'],
  ['{ } | rate() «by(.a,.b,.c,.d,.e,.f,.g,.h,.i,.j,.k)»', 'by has 11 fields. Write 10 at most.'],
  ['{ } | min_over_time(«)»', 'min_over_time needs a field'],
  ['{ } | avg_over_time(«name»)', 'avg_over_time is for numbers and durations, not for a string'],
  ['{ } | quantile_over_time(duration«)»', 'quantile_over_time needs a quantile'],
  ['{ } | quantile_over_time(duration, «95»)', '95 is no quantile. Quantiles are from 0 to 1, such as .95.'],
  ['{ } | quantile_over_time(duration, «"a"»)', 'a quantile is missing'],
  ['{ } | compare(«)»', 'compare needs a selection of spans'],
  ['{ } | compare({ status = error }, «0»)', 'compare cannot show 0 values. Write a number from 1 to 1000.'],
  ['{ } | compare({ status = error }, 5, «20, 10»)', 'this is no time range'],
  [
    '{ } | «compare»({ status = error }) | topk(5)',
    'compare cannot be followed by topk, bottomk or a comparison',
  ],
  ['{ } | compare({ status = error }) «by»(name)', 'compare has no by'],
  ['({ } | «rate»()) / ({ } | rate())', 'rate cannot stand in parentheses. Write it at the end of the query'],
  ['{ } | rate() «+» 5', 'arithmetic with metrics is not supported (found +)'],
  ['100 * («{» } | rate())', 'arithmetic with span sets or metrics is not supported (found {)'],
  // Hints
  ['{ } with («5»=1)', 'the name of a hint is missing'],
  ['{ } with (a«)»', '= is missing behind the name of the hint'],
  ['{ } with (a=«b»)', 'the value of the hint is missing (found b)'],
  // Limits
  [`{ ${'('.repeat(200)}«.a» = 1 }`, 'more than 200 parentheses or prefixes in each other'],
]

test('there are enough of them', () => {
  expect(cases.length).toBeGreaterThanOrEqual(80)
})

test.each(cases)('%s', (marked, words) => {
  const from = marked.indexOf('«')
  const to = marked.indexOf('»') - 1
  const { mistake } = parseQuery(marked.replace('«', '').replace('»', ''))
  expect(mistake).toEqual({ range: { from, to }, message: expect.stringContaining(words) as string })
  expect(mistake?.message).toMatch(new RegExp(`^At character ${from + 1}[ :]`))
})

test('of several lines the line and column are told too', () => {
  const { mistake } = parseQuery('{\n  name = "x"\n  && status = 5\n}')
  expect(mistake?.message).toBe(
    'At character 21 (line 3, column 6): a status cannot be compared with a whole number. Compare it with ok, error or unset.',
  )
})

test('what is too long is refused before it is looked at', () => {
  const { mistake } = parseQuery(`{ name = "${'x'.repeat(70_000)}" }`)
  expect(mistake?.message).toContain('the query has 70013 characters, 65536 at most')
  const many = parseQuery(`{ ${'.a||'.repeat(9_000)}.a }`)
  expect(many.mistake?.message).toContain('the query has more than 5000 words and signs')
})
