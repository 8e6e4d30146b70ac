/** The vendor of a test that every vendor has: those are below the name of a dialect, `<vendor> in …`, `on …` or `below …`. */
const dialect = /^(\S+) (?:in|on|below) /;

/** Says after a run how many of the cases that all vendors have each of them passed, in all the formats it is called in. */
class CasesPerVendor {
  onRunComplete(_contexts, { testResults }) {
    const cases = testResults
      .filter(({ testFilePath }) => testFilePath.includes('/test/vendors/'))
      .flatMap((file) => file.testResults)
      .map(({ ancestorTitles, status }) => ({
        status,
        vendor: dialect.exec(ancestorTitles[0] ?? '')?.[1],
      }))
      .filter(({ vendor }) => vendor !== undefined);
    if (cases.length === 0) return;
    process.stderr.write('\nCases of each vendor:\n');
    for (const [vendor, all] of groups(cases)) {
      process.stderr.write(`  ${vendor.padEnd(18)}${sentenceOf(all)}\n`);
    }
  }
}

function groups(cases) {
  const byVendor = new Map();
  for (const one of cases) byVendor.set(one.vendor, [...(byVendor.get(one.vendor) ?? []), one]);
  return [...byVendor].toSorted(([one], [other]) => one.localeCompare(other));
}

function sentenceOf(cases) {
  const count = (status) => cases.filter((one) => one.status === status).length;
  const [failed, skipped] = [count('failed'), count('pending')];
  return [
    `${count('passed')} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} not for it`] : []),
  ].join(', ');
}

// Jest takes a reporter by the default export of its file.
// oxlint-disable-next-line import/no-default-export
export default CasesPerVendor;
