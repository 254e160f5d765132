/** Whoever changes something outside that cannot be changed by two at once. They run on the database's clock. */
export type LeaseRows = {
  /** Takes it, or holds it for as long once more; false while another has it. */
  hold(name: string, holder: string, ms: number): Promise<boolean>;
  /** Unless another has it by now. */
  drop(name: string, holder: string): Promise<void>;
};
