//! What Python's client writes is read, and what is written it reads; what it refuses is refused.
