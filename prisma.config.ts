import { defineConfig } from 'prisma/config';

// The hub applies its migrations itself (`hub migrate`); this file is for Prisma's own commands, `prisma generate` first of all.
export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } });
