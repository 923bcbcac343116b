;; Unpacks Snappy. Made into snappy.wasm by scripts/make-wasm.ts.
;; Source: "Snappy compressed format description", https://github.com/google/snappy/blob/main/format_description.txt.
(module
  (import "pages" "memory" (memory 1 32768 shared))

  ;; Unpacks the bytes from ... fromEnd - 1 to the addresses to ... toEnd - 1. The result is 1, or 0 when they are no Snappy of exactly that length.
  ;; Up to 15 bytes behind toEnd are written, and up to 15 behind fromEnd are read.
  (func (export "unpack") (param $from i32) (param $fromEnd i32) (param $to i32) (param $toEnd i32) (result i32)
    (local $start i32) (local $tag i32) (local $length i32) (local $offset i32) (local $bytes i32) (local $told i32) (local $end i32)
    (local.set $start (local.get $to))
    ;; The length of the result, seven bits a byte, the low ones first.
    (block $told
      (loop $digit
        (if (i32.or (i32.ge_u (local.get $from) (local.get $fromEnd)) (i32.gt_u (local.get $bytes) (i32.const 28)))
          (then (return (i32.const 0))))
        (local.set $tag (i32.load8_u (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $told
          (i32.or (local.get $told) (i32.shl (i32.and (local.get $tag) (i32.const 0x7f)) (local.get $bytes))))
        (local.set $bytes (i32.add (local.get $bytes) (i32.const 7)))
        (br_if $digit (i32.ge_u (local.get $tag) (i32.const 0x80)))))
    (if (i32.ne (local.get $told) (i32.sub (local.get $toEnd) (local.get $to))) (then (return (i32.const 0))))
    (loop $element
      (if (i32.ge_u (local.get $from) (local.get $fromEnd))
        (then
          (return (i32.and (i32.eq (local.get $from) (local.get $fromEnd)) (i32.eq (local.get $to) (local.get $toEnd))))))
      (local.set $tag (i32.load8_u (local.get $from)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (if (i32.eqz (i32.and (local.get $tag) (i32.const 3)))
        (then
          ;; Bytes that stand here: up to 60 are told by the tag, more by one to four bytes behind it, each less one.
          (local.set $length (i32.shr_u (local.get $tag) (i32.const 2)))
          (if (i32.ge_u (local.get $length) (i32.const 60))
            (then
              (local.set $bytes (i32.sub (local.get $length) (i32.const 59)))
              (if (i32.gt_u (local.get $bytes) (i32.sub (local.get $fromEnd) (local.get $from))) (then (return (i32.const 0))))
              (local.set $length
                (i32.and (i32.load (local.get $from))
                  (i32.shr_u (i32.const -1) (i32.sub (i32.const 32) (i32.shl (local.get $bytes) (i32.const 3))))))
              (local.set $from (i32.add (local.get $from) (local.get $bytes)))))
          (if
            (i32.or
              (i32.ge_u (local.get $length) (i32.sub (local.get $fromEnd) (local.get $from)))
              (i32.ge_u (local.get $length) (i32.sub (local.get $toEnd) (local.get $to))))
            (then (return (i32.const 0))))
          (local.set $length (i32.add (local.get $length) (i32.const 1)))
          (if (i32.le_u (local.get $length) (i32.const 16))
            (then (v128.store (local.get $to) (v128.load (local.get $from))))
            (else (memory.copy (local.get $to) (local.get $from) (local.get $length))))
          (local.set $from (i32.add (local.get $from) (local.get $length)))
          (local.set $to (i32.add (local.get $to) (local.get $length)))
          (br $element)))
      ;; Bytes that were there before: the tag tells in how many bytes it is said how far back they begin.
      (if (i32.eq (i32.and (local.get $tag) (i32.const 3)) (i32.const 1))
        (then
          (local.set $length (i32.add (i32.and (i32.shr_u (local.get $tag) (i32.const 2)) (i32.const 7)) (i32.const 4)))
          (local.set $offset
            (i32.or (i32.shl (i32.shr_u (local.get $tag) (i32.const 5)) (i32.const 8)) (i32.load8_u (local.get $from))))
          (local.set $from (i32.add (local.get $from) (i32.const 1))))
        (else
          (local.set $length (i32.add (i32.shr_u (local.get $tag) (i32.const 2)) (i32.const 1)))
          (if (i32.eq (i32.and (local.get $tag) (i32.const 3)) (i32.const 2))
            (then
              (local.set $offset (i32.load16_u (local.get $from)))
              (local.set $from (i32.add (local.get $from) (i32.const 2))))
            (else
              (local.set $offset (i32.load (local.get $from)))
              (local.set $from (i32.add (local.get $from) (i32.const 4)))))))
      (if
        (i32.or
          (i32.or
            (i32.gt_u (local.get $from) (local.get $fromEnd))
            (i32.gt_u (local.get $length) (i32.sub (local.get $toEnd) (local.get $to))))
          (i32.or
            (i32.eqz (local.get $offset))
            (i32.gt_u (local.get $offset) (i32.sub (local.get $to) (local.get $start)))))
        (then (return (i32.const 0))))
      (local.set $end (i32.add (local.get $to) (local.get $length)))
      (local.set $told (i32.sub (local.get $to) (local.get $offset)))
      (if (i32.ge_u (local.get $offset) (i32.const 16))
        (then
          (loop $sixteen
            (v128.store (local.get $to) (v128.load (local.get $told)))
            (local.set $to (i32.add (local.get $to) (i32.const 16)))
            (local.set $told (i32.add (local.get $told) (i32.const 16)))
            (br_if $sixteen (i32.lt_u (local.get $to) (local.get $end)))))
        (else
          ;; They overlap what is written, which may repeat them.
          (loop $one
            (i32.store8 (local.get $to) (i32.load8_u (local.get $told)))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (local.set $told (i32.add (local.get $told) (i32.const 1)))
            (br_if $one (i32.lt_u (local.get $to) (local.get $end))))))
      (local.set $to (local.get $end))
      (br $element))
    (unreachable)))
