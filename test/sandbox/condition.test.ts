import { conditionHolds, findConditionFault } from '../../sandbox/engine/condition.ts';

/** A Wednesday. */
const now = new Date('2026-11-25T10:00:00Z');

function one(operation: string, value?: string) {
  const expression = { structure_id: 0, field_address: '1', operation };
  return {
    expressions: [value === undefined ? expression : { ...expression, value }],
    expressions_structure: [[0]],
  };
}

test.each<[string, unknown, string | undefined, boolean]>([
  ['equals', 'Yes', 'Yes', true],
  ['equals', 'No', 'Yes', false],
  ['equals', 24, '24', true],
  ['equals', true, 'true', true],
  ['equals', undefined, 'Yes', false],
  ['not_equals', 'No', 'Yes', true],
  ['not_equals', 'Yes', 'Yes', false],
  ['not_equals', undefined, 'Yes', true],
  ['present', 'x', undefined, true],
  ['present', 0, undefined, true],
  ['present', '  ', undefined, false],
  ['present', null, undefined, false],
  ['present', [], undefined, false],
  ['blank', undefined, undefined, true],
  ['blank', 'x', undefined, false],
  ['string_contains', 'a red door', 'red', true],
  ['string_contains', ['a', 'red'], 'red', true],
  ['string_contains', 'a door', 'red', false],
  ['string_not_contains', 'a door', 'red', true],
  ['string_not_contains', 'a red door', 'red', false],
  ['number_greater_than', 14280, '10000', true],
  ['number_greater_than', 10000, '10000', false],
  ['number_greater_than', '9', '10', false],
  ['number_greater_than', undefined, '-1', false],
  ['number_less_than', 9, '10', true],
  ['number_less_than', 'many', '10', false],
  ['number_less_than', undefined, '10', false],
  ['date_is', '2026-11-25', '2026-11-25', true],
  ['date_is', '2026-11-25T23:59:59Z', '2026-11-25', true],
  ['date_is', '2026-11-26T00:00:00Z', '2026-11-25', false],
  ['date_is', '2026-11-25', 'soon', false],
  ['date_is_after', '2026-11-26', '2026-11-25', true],
  ['date_is_after', '2026-11-25T12:00:00Z', '2026-11-25', false],
  ['date_is_before', '2026-11-24', '2026-11-25', true],
  ['date_is_before', '2026-11-25', '2026-11-25', false],
  ['date_is_before', undefined, '2026-11-25', false],
  ['date_is_today', '2026-11-25', undefined, true],
  ['date_is_today', '2026-11-24', undefined, false],
  ['date_is_yesterday', '2026-11-24', undefined, true],
  ['date_is_yesterday', '2026-11-25', undefined, false],
  ['date_in_current_week', '2026-11-23', undefined, true],
  ['date_in_current_week', '2026-11-29T23:00:00Z', undefined, true],
  ['date_in_current_week', '2026-11-30', undefined, false],
  ['date_in_last_week', '2026-11-22', undefined, true],
  ['date_in_last_week', '2026-11-23', undefined, false],
  ['date_in_current_month', '2026-11-01', undefined, true],
  ['date_in_current_month', '2026-12-01', undefined, false],
  ['date_in_last_month', '2026-10-31', undefined, true],
  ['date_in_last_month', '2026-11-01', undefined, false],
  ['date_in_current_year', '2026-01-01', undefined, true],
  ['date_in_current_year', '2027-01-01', undefined, false],
  ['date_in_last_year', '2025-12-31', undefined, true],
  ['date_in_last_year', '2026-01-01', undefined, false],
])('%s: %j against %j is %s', (operation, actual, expected, holds) => {
  expect(conditionHolds(one(operation, expected), { '1': actual }, now)).toBe(holds);
});

const expressions = [0, 1, 2].map((id) => ({
  structure_id: id,
  field_address: String(id),
  operation: 'equals',
  value: 'yes',
}));

test.each<[readonly string[], boolean]>([
  [['yes', 'no', 'yes'], true],
  [['no', 'yes', 'yes'], true],
  [['yes', 'yes', 'no'], false],
  [['no', 'no', 'yes'], false],
])('[[0,1],[2]] is (0 or 1) and 2: %j is %s', (values, holds) => {
  const condition = { expressions, expressions_structure: [[0, 1], [2]] };
  expect(conditionHolds(condition, { ...values }, now)).toBe(holds);
});

test('the empty expression that stands for no condition holds, and so does none at all', () => {
  const empty = { structure_id: 0, field_address: '', operation: '', value: '' };
  expect(conditionHolds({ expressions: [empty], expressions_structure: [[0]] }, {}, now)).toBe(true);
  expect(conditionHolds(undefined, {}, now)).toBe(true);
});

test('what cannot be evaluated is named', () => {
  expect(findConditionFault(one('equals', 'x'))).toBeNull();
  expect(findConditionFault(one('rhymes_with'))).toBe('operation rhymes_with is not known');
  expect(findConditionFault(one('toString'))).toBe('operation toString is not known');
  expect(findConditionFault({ ...one('present'), expressions_structure: [[7]] })).toBe(
    'expressions_structure names 7, which is no expression',
  );
  const dotted = { structure_id: 0, field_address: '1.2', operation: 'present' };
  expect(findConditionFault({ expressions: [dotted], expressions_structure: [[0]] })).toBe(
    'field_address 1.2 is no field of the card itself',
  );
});
