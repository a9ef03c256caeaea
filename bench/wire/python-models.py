"""Pydantic at the same work: `seconds work` on stdin, repetitions a second of this thread's CPU on stdout, until stdin ends."""

import sys
import time
from datetime import datetime
from typing import List, Optional
from uuid import UUID

from pydantic import BaseModel, TypeAdapter


class TaskCreateRequest(BaseModel):
    title: str
    description: Optional[str] = None
    due_datetime: Optional[datetime] = None
    priority: str
    is_completed: Optional[bool] = False


class TaskRead(BaseModel):
    title: str
    description: Optional[str] = None
    due_datetime: Optional[datetime] = None
    priority: str
    is_completed: bool = False
    id: UUID
    user_id: UUID
    created_at: datetime
    updated_at: datetime


class TaskResponse(BaseModel):
    success: bool
    data: Optional[TaskRead] = None
    message: Optional[str] = None


class TaskPage(BaseModel):
    tasks: List[TaskRead]
    total_count: int
    limit: int
    offset: int


class TaskListResponse(BaseModel):
    success: bool
    data: TaskPage
    message: Optional[str] = None


body, one, page = (line.encode() for line in sys.stdin.readline().rstrip("\n").split("\t"))
create = TypeAdapter(TaskCreateRequest)
response = TypeAdapter(TaskResponse)
listing = TypeAdapter(TaskListResponse)
one_value = response.validate_json(one)
page_value = listing.validate_json(page)
works = {
    "validate": lambda: create.validate_json(body),
    # A handler returns attributes that are known to be right: only the writing is counted.
    "serialize one": lambda: response.dump_json(one_value),
    "serialize page": lambda: listing.dump_json(page_value),
}
for line in sys.stdin:
    seconds, work = line.rstrip("\n").split(" ", 1)
    run = works[work]
    count = 0
    start = time.thread_time()
    while time.thread_time() - start < float(seconds):
        for _ in range(20):
            run()
        count += 20
    print(count / (time.thread_time() - start), flush=True)
