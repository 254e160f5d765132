import { writeSync } from 'node:fs';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { findDebianPostgres, versionIn } from './debian-postgres.ts';
import { hasOpenssl } from './enterprise-certificate.ts';
import { hasSoftHsm } from './soft-hsm.ts';

const count = (modules: readonly TestModule[]) => {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    const states = [...module.children.allTests()].map((test) => test.result().state);
    const failed = states.filter((state) => state === 'failed').length;
    counts.passed += states.filter((state) => state === 'passed').length;
    // A file that cannot be loaded, or whose set-up fails, has no failed test to show for it.
    counts.failed += failed === 0 && module.state() === 'failed' ? 1 : failed;
    counts.skipped += states.filter((state) => state === 'skipped' || state === 'pending').length;
  }
  return counts;
};

/** The last lines of a run: what the queues and the journeys ran on, and how many tests there were. */
export default class LastLines implements Reporter {
  private vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const { passed, failed, skipped } = count(modules);
    const engines = this.vitest?.getRootProject().getProvidedContext().queueEngines ?? [];
    const debian = findDebianPostgres(15);
    const lines = [
      `queue engines: ${engines.length > 0 ? engines.join(', ') : 'none, the set-up failed'}`,
      ...(hasSoftHsm ? [] : ['HSM: no SoftHSM or OpenSC on this machine, its tests were left out']),
      ...(hasOpenssl ? [] : ['PKCS#12: no OpenSSL on this machine, its tests were left out']),
      `PostgreSQL 15: ${debian === undefined ? 'not on this machine, its journey was left out' : versionIn(debian)}`,
      ...(unhandled.length > 0 ? [`errors outside of tests: ${unhandled.length}`] : []),
      `tests: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    ];
    const print = () => writeSync(1, `${lines.join('\n')}\n`);
    if (this.vitest?.config.watch) print();
    else process.once('exit', print); // after everything that else has a last word
  }
}
