/** A body as clients send it. */
export const createBody = JSON.stringify({
  title: 'Write the quarterly report',
  description: 'Numbers from finance, then the summary. Two pages at most.',
  due_datetime: '2026-12-01T09:30:00Z',
  priority: 'urgent_important',
  is_completed: false,
});

const id = '0198c2f6-7d52-7a3c-9c1e-5f0d6a7b8c9d';

/** A task as a handler returns it. */
export function storedTask(index: number): Record<string, unknown> {
  return {
    title: `Write the quarterly report ${index}`,
    description: index % 3 === 0 ? null : 'Numbers from finance, then the summary. Two pages at most.',
    due_datetime: index % 4 === 0 ? null : '2026-12-01T09:30:00Z',
    priority: 'urgent_important',
    is_completed: index % 2 === 0,
    id,
    user_id: id,
    created_at: '2026-11-01T08:00:00.123456Z',
    updated_at: '2026-11-02T08:00:00.654321Z',
  };
}

export const createAnswer = { success: true, data: storedTask(1), message: null };

export const listAnswer = {
  success: true,
  data: { tasks: Array.from({ length: 20 }, (_, index) => storedTask(index)), total_count: 100, limit: 20, offset: 0 },
  message: null,
};
