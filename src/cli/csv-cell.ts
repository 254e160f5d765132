/** One field of a CSV: quoted where it must be; what a spreadsheet would take for a formula begins with a quote mark there. */
export const csvCell = (text: string): string => {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};
