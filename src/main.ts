import { commands } from './cli/commands.ts';

const [asked = 'help', ...words] = process.argv.slice(2);
const name = asked === '--help' || asked === '-h' ? 'help' : asked;
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command) {
  process.exitCode = await command.run(words);
} else {
  process.stderr.write(`hub knows no "${name}". \`hub help\` lists what it knows.\n`);
  process.exitCode = 2;
}
