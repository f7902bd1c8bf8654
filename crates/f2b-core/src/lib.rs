//! Words and judgement of Stockade: time, address, failure, ticket, counting, the jail state machine.
