// Numbers and times as people read them.

const whole = new Intl.NumberFormat('en', {maximumFractionDigits: 0});
const fine = new Intl.NumberFormat('en', {maximumFractionDigits: 1});
const clock = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit', second: '2-digit'});
const day = new Intl.DateTimeFormat('en-GB', {day: '2-digit', month: 'short', year: 'numeric'});

export const count = (value: number | undefined | null) =>
  value === undefined || value === null ? '–' : whole.format(value);

export const rate = (value: number | null) =>
  value === null ? '–' : value > 0 && value < 10 ? fine.format(value) : whole.format(value);

/** 12 ms, 1.4 s, 3 min 5 s, 2 h 1 min, 3 d 4 h */
export function duration(ms: number | undefined | null): string {
  if (ms === undefined || ms === null || Number.isNaN(ms)) return '–';
  if (ms < 1000) return `${fine.format(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${fine.format(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function bytes(value: number): string {
  for (const [unit, size] of [['GB', 1e9], ['MB', 1e6], ['kB', 1e3]] as const) {
    if (value >= size) return `${fine.format(value / size)} ${unit}`;
  }
  return `${value} B`;
}

/** `14:03:11.402`, with the day where it is not today. */
export function time(text: string | undefined): string {
  const date = new Date(text ?? '');
  if (Number.isNaN(date.getTime())) return '–';
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  const isToday = date.toDateString() === new Date().toDateString();
  return `${isToday ? '' : `${day.format(date)} `}${clock.format(date)}.${ms}`;
}

/** An RFC 3339 time from a datetime-local field, which has no zone. */
export function fromLocal(text: string): string {
  const date = new Date(text);
  return text && !Number.isNaN(date.getTime()) ? date.toISOString() : '';
}
