/** An organisation the operator acts for, without its secrets. */
export type Tenant = {
  id: string;
  orgno: string;
  name: string;
  /** `offboarding` and `offboarded`: on its way out, for good. */
  status: 'active' | 'suspended' | 'offboarding' | 'offboarded';
  redirectUrls: string[];
  services: string[];
  expiringDays?: number;
  /** While it leaves and once it has: when that began, when it was done, and when its rows are erased. */
  offboardingAt?: Date;
  offboardedAt?: Date;
  eraseAt?: Date;
  createdAt: Date;
  updatedAt: Date;
};
