/** A thread that plays some of the inputs. */

import { parentPort, workerData } from 'node:worker_threads';

import { compare, type Job } from './compare.ts';

parentPort?.postMessage(await compare(workerData as Job));
