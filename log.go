package cancel

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// logCall writes a line for a call of the provider, and one for the outcomes that it
// left unknown.
func (s session) logCall(ctx context.Context, op string, n int, took time.Duration, reqs []Request, answers []answer) {
	log := s.client.policy.logger
	if log.Enabled(ctx, slog.LevelDebug) {
		log.LogAttrs(ctx, slog.LevelDebug, "provider called", s.line(op, n, took, reqs, answers)...)
	}
	for i, a := range answers {
		if a.unknown() {
			log.LogAttrs(ctx, slog.LevelWarn, "outcome unknown", s.line(op, n, took, reqs[i:i+1], answers[i:i+1])...)
		}
	}
}

// logRetry writes a line for what is asked again after a pause.
func (s session) logRetry(ctx context.Context, op string, n int, pause time.Duration, open []*attempt) {
	reqs := make([]Request, len(open))
	answers := make([]answer, len(open))
	var took time.Duration
	for i, a := range open {
		reqs[i], answers[i].err, took = a.req, a.last, a.took
	}
	line := append(s.line(op, n, took, reqs, answers), slog.Duration("pause", pause))
	s.client.policy.logger.LogAttrs(ctx, slog.LevelWarn, "asking again", line...)
}

// maxLoggedCode bounds a code in a log, in bytes: what a vendor puts in its place could be
// anything.
const maxLoggedCode = 64

// line describes the n-th call, and what came of it by code and reason alone: the
// words of a vendor or of a foreign adapter could hold anything.
func (s session) line(op string, n int, took time.Duration, reqs []Request, answers []answer) []slog.Attr {
	ids := make([]string, len(reqs))
	var codes, outcomes []string
	for i, a := range answers {
		ids[i] = reqs[i].ID
		code, outcome := a.result.Code, string(a.result.State)
		if a.err != nil {
			code, outcome = a.err.Code, a.err.Reason.Error()
		}
		if code = oneLine(code, maxLoggedCode); !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
		if !slices.Contains(outcomes, outcome) {
			outcomes = append(outcomes, outcome)
		}
	}
	return []slog.Attr{
		slog.String("provider", s.provider.name),
		slog.String("op", op),
		slog.String("id", strings.Join(ids, ",")),
		slog.Int("attempt", n),
		slog.Duration("duration", took),
		slog.String("code", strings.Join(codes, ",")),
		slog.String("outcome", strings.Join(outcomes, ",")),
	}
}
