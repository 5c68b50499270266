package webhook

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestKeysTellPartsApart(t *testing.T) {
	keys := map[Key][]string{}
	for _, parts := range [][]string{
		{}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {"b", "a"}, {"a", "b", ""}, {"\x01b"}, {"a\x01b"},
	} {
		key := KeyOf(parts...)
		assert.NotContains(t, keys, key, "%q is like %q", parts, keys[key])
		assert.Equal(t, key, KeyOf(parts...))
		keys[key] = parts
	}
}

func TestTheMemoryOfAWindowIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(time.Hour)
		const added = 3*maxRemembered + 5
		key := func(n int) Key { return KeyOf(strconv.Itoa(n)) }
		for n := range added {
			w.add(key(n))
			assert.LessOrEqual(t, len(w.until), maxRemembered)
			assert.LessOrEqual(t, len(w.queue), maxRemembered)
		}
		assert.LessOrEqual(t, cap(w.queue), 4*maxRemembered)
		assert.False(t, w.holds(key(added-maxRemembered-1)), "the oldest make room")
		assert.True(t, w.holds(key(added-maxRemembered)))
		assert.True(t, w.holds(key(added-1)))

		time.Sleep(time.Hour)
		assert.False(t, w.holds(key(added-1)))
		assert.Empty(t, w.until)
		assert.Empty(t, w.queue)
	})
}

func TestTheMemoryOfAWindowIsBoundedWhereAllIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(time.Hour)
		for range 2 * maxRemembered {
			w.add(KeyOf("a"))
			w.forget(KeyOf("a"))
		}
		assert.LessOrEqual(t, len(w.queue), maxRemembered)
		assert.False(t, w.holds(KeyOf("a")))
	})
}

func TestAKeyForgottenAndAddedAgainLastsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(time.Hour)
		a := KeyOf("a")
		w.add(a)
		w.forget(a)
		assert.False(t, w.holds(a))
		time.Sleep(30 * time.Minute)
		w.add(a)
		time.Sleep(45 * time.Minute)
		assert.True(t, w.holds(a), "the first time is over, the second is not")
		time.Sleep(15 * time.Minute)
		assert.False(t, w.holds(a))
	})
}
