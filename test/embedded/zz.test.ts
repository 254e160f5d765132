import { expect, inject, test } from 'vitest';
import pg from 'pg';
import { freshDatabase } from '../support/database.ts';
test('x', async () => { const t = performance.now(); const ds = await Promise.all([1,2,3,4].map(()=>freshDatabase())); console.log(performance.now()-t); 
 const c = new pg.Client(ds[0]!.url); await c.connect(); console.log((await c.query('select count(*) from tenants')).rows); 
 await Promise.all(ds.map(d=>d.drop())); console.log(inject('redisUrl'));  await c.end().catch(()=>{}); });
