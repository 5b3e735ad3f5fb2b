// Loaded before the command: keeps the peak memory of its process, in MB, in the file that PEAK names.
import { writeFileSync } from 'node:fs'

process.on('exit', () => writeFileSync(process.env.PEAK, String(process.resourceUsage().maxRSS / 1024)))
