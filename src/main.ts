import { commands } from './cli/commands.ts';
import { sayUsage } from './cli/usage.ts';

const [asked = 'help', ...words] = process.argv.slice(2);
const name = asked === '--help' || asked === '-h' ? 'help' : asked;
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command) {
  // Whoever asks what `hub reseal` does must not have it done.
  const isKnown = words.every((word) => command.knows?.includes(word) ?? true);
  process.exitCode = isKnown ? await command.run(words) : sayUsage(words, `hub ${name}   ${command.about}\n`);
} else {
  process.stderr.write(`hub knows no "${name}". \`hub help\` lists what it knows.\n`);
  process.exitCode = 2;
}
