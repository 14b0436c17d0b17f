package reactor

import (
	"github.com/panjf2000/gnet/v2/pkg/pool/byteslice"

	"parkway/reactor/transport"
)

const (
	chunkSize   = 16 << 10 // What unsent bytes are kept in.
	flushChunks = 16       // Written in one turn at most: 256 KiB.
)

// output is the queue of unsent bytes of one connection, in chunks from gnet's pool. Empty, it holds no memory.
type output struct {
	chunks [][]byte
	sent   int // Bytes of chunks[0] that the socket took already.
	size   int // Unsent bytes.
}

// append copies p to the end.
func (o *output) append(p []byte) {
	o.size += len(p)
	if last := len(o.chunks) - 1; last >= 0 {
		tail := o.chunks[last]
		n := copy(tail[len(tail):cap(tail)], p)
		o.chunks[last] = tail[:len(tail)+n]
		p = p[n:]
	}
	for len(p) > 0 {
		chunk := byteslice.Get(chunkSize)
		n := copy(chunk, p)
		o.chunks = append(o.chunks, chunk[:n])
		p = p[n:]
	}
}

// flush hands as much to the socket as one write takes. Returns what was taken.
func (o *output) flush(s transport.Socket) (int, error) {
	var bufs [flushChunks][]byte
	count := copy(bufs[:], o.chunks)
	bufs[0] = bufs[0][o.sent:]
	n, err := s.Writev(bufs[:count])
	o.drop(n)
	return n, err
}

// drop removes n bytes from the front.
func (o *output) drop(n int) {
	o.size -= n
	if o.size == 0 {
		o.release()
		return
	}
	n += o.sent
	done := 0
	for done < len(o.chunks) && n >= len(o.chunks[done]) {
		n -= len(o.chunks[done])
		byteslice.Put(o.chunks[done])
		done++
	}
	o.sent = n
	rest := copy(o.chunks, o.chunks[done:])
	clear(o.chunks[rest:])
	o.chunks = o.chunks[:rest]
}

// release gives all memory back.
func (o *output) release() {
	for _, chunk := range o.chunks {
		byteslice.Put(chunk)
	}
	*o = output{}
}
