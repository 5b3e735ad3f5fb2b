/** @file Loaded before the command: keeps the peak memory of its process, in MB, in the file that PEAK names. */
import { writeFileSync } from 'node:fs'

const file = process.env.PEAK
if (file) process.on('exit', () => writeFileSync(file, String(process.resourceUsage().maxRSS / 1024)))
