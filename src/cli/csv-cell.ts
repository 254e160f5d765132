/**
 * One field of a CSV: quoted where it must be; what a spreadsheet would take for a formula begins with a quote mark there. Some of
 * them part fields at semicolons, as in Norway, or at tabs, whatever else is quoted: what comes after those is another field.
 */
export const csvCell = (text: string): string => {
  const plain = text.replace(/(^|[;\t\r\n])(?=\s*[=+\-@]|[\t\r])/g, "$1'");
  return /[",;\t\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};
