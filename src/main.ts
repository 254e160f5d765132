import { commands } from './cli/commands.ts';

const [name = 'help', ...words] = process.argv.slice(2);
const command = commands[name];
if (command) {
  process.exitCode = await command.run(words);
} else {
  process.stderr.write(`hub knows no "${name}". \`hub help\` lists what it knows.\n`);
  process.exitCode = 2;
}
