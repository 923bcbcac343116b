;; Decodes integers of Parquet, and looks up values by codes. Made into encodings.wasm by scripts/make-wasm.ts.
;; Source: "Parquet encoding definitions", https://parquet.apache.org/docs/file-format/data-pages/encodings/.
;; The decoders return the address behind what they read, or 0 when the bytes before $end are too few or no such encoding. Up to 9 bytes behind $end are read.
(module
  (import "pages" "memory" (memory 1 32768 shared))
  ;; Where `varint` goes on; 0 after a number that does not end.
  (global $at (mut i32) (i32.const 0))

  ;; An integer of seven bits a byte, the low ones first, from $at on.
  (func $varint (param $end i32) (result i64)
    (local $value i64) (local $shift i64) (local $byte i64)
    (loop $digit
      (if (i32.or (i32.ge_u (global.get $at) (local.get $end)) (i64.gt_u (local.get $shift) (i64.const 63)))
        (then
          (global.set $at (i32.const 0))
          (return (i64.const 0))))
      (local.set $byte (i64.load8_u (global.get $at)))
      (global.set $at (i32.add (global.get $at) (i32.const 1)))
      (local.set $value
        (i64.or (local.get $value) (i64.shl (i64.and (local.get $byte) (i64.const 0x7f)) (local.get $shift))))
      (local.set $shift (i64.add (local.get $shift) (i64.const 7)))
      (br_if $digit (i64.ge_u (local.get $byte) (i64.const 0x80))))
    (local.get $value))

  ;; The integer of one without a sign: 0, 1, 2, 3 ... become 0, -1, 1, -2 ...
  (func $signed (param $value i64) (result i64)
    (i64.xor (i64.shr_u (local.get $value) (i64.const 1)) (i64.sub (i64.const 0) (i64.and (local.get $value) (i64.const 1)))))

  ;; Runs and packed bits (RLE): $count integers of $bits bits, 1 ... 32, to 32 bits each from $to on.
  (func (export "hybrid") (param $from i32) (param $end i32) (param $bits i32) (param $count i32) (param $to i32) (result i32)
    (local $header i64) (local $value i32) (local $bytes i64) (local $last i32) (local $bit i64) (local $mask i64) (local $wide i64)
    (local.set $wide (i64.extend_i32_u (local.get $bits)))
    (local.set $mask (i64.sub (i64.shl (i64.const 1) (local.get $wide)) (i64.const 1)))
    (global.set $at (local.get $from))
    (block $done
      (loop $part
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $header (call $varint (local.get $end)))
        (if (i32.or (i32.eqz (global.get $at)) (i64.gt_u (local.get $header) (i64.const 0xffffffff)))
          (then (return (i32.const 0))))
        (local.set $last (local.get $count))
        (if (i64.eqz (i64.and (local.get $header) (i64.const 1)))
          (then
            ;; The same integer many times.
            (local.set $bytes (i64.shr_u (i64.add (local.get $wide) (i64.const 7)) (i64.const 3)))
            (if (i64.gt_u (local.get $bytes) (i64.extend_i32_u (i32.sub (local.get $end) (global.get $at))))
              (then (return (i32.const 0))))
            (local.set $value (i32.wrap_i64 (i64.and (i64.load (global.get $at)) (local.get $mask))))
            (global.set $at (i32.add (global.get $at) (i32.wrap_i64 (local.get $bytes))))
            (local.set $header (i64.shr_u (local.get $header) (i64.const 1)))
            (if (i64.lt_u (local.get $header) (i64.extend_i32_u (local.get $count)))
              (then (local.set $last (i32.wrap_i64 (local.get $header)))))
            (local.set $count (i32.sub (local.get $count) (local.get $last)))
            (local.set $last (i32.add (local.get $to) (i32.shl (local.get $last) (i32.const 2))))
            (block $filled
              (loop $next
                (br_if $filled (i32.ge_u (local.get $to) (local.get $last)))
                (i32.store (local.get $to) (local.get $value))
                (local.set $to (i32.add (local.get $to) (i32.const 4)))
                (br $next)))
            (br $part)))
        ;; Groups of eight integers, each as many bytes as an integer has bits.
        (local.set $header (i64.shr_u (local.get $header) (i64.const 1)))
        (local.set $bytes (i64.mul (local.get $header) (local.get $wide)))
        (if (i64.gt_u (local.get $bytes) (i64.extend_i32_u (i32.sub (local.get $end) (global.get $at))))
          (then (return (i32.const 0))))
        (if (i64.lt_u (i64.shl (local.get $header) (i64.const 3)) (i64.extend_i32_u (local.get $count)))
          (then (local.set $last (i32.shl (i32.wrap_i64 (local.get $header)) (i32.const 3)))))
        (local.set $count (i32.sub (local.get $count) (local.get $last)))
        (local.set $last (i32.add (local.get $to) (i32.shl (local.get $last) (i32.const 2))))
        (local.set $bit (i64.const 0))
        (block $unpacked
          (loop $next
            (br_if $unpacked (i32.ge_u (local.get $to) (local.get $last)))
            (i32.store (local.get $to)
              (i32.wrap_i64
                (i64.and
                  (i64.shr_u
                    (i64.load (i32.add (global.get $at) (i32.wrap_i64 (i64.shr_u (local.get $bit) (i64.const 3)))))
                    (i64.and (local.get $bit) (i64.const 7)))
                  (local.get $mask))))
            (local.set $bit (i64.add (local.get $bit) (local.get $wide)))
            (local.set $to (i32.add (local.get $to) (i32.const 4)))
            (br $next)))
        (global.set $at (i32.add (global.get $at) (i32.wrap_i64 (local.get $bytes))))
        (br $part)))
    (global.get $at))

  ;; Differences (DELTA_BINARY_PACKED): $count integers, to 64 bits each from $to on.
  (func (export "deltas") (param $from i32) (param $end i32) (param $count i32) (param $to i32) (result i32)
    (local $perPart i64) (local $parts i64) (local $value i64) (local $least i64) (local $mask i64) (local $bits i64) (local $bit i64)
    (local $shift i64) (local $widths i32) (local $part i32) (local $address i32) (local $last i32) (local $partEnd i32) (local $bytes i64)
    (global.set $at (local.get $from))
    (local.set $perPart (call $varint (local.get $end)))
    (if (i32.eqz (global.get $at)) (then (return (i32.const 0))))
    (local.set $parts (call $varint (local.get $end)))
    (if (i32.eqz (global.get $at)) (then (return (i32.const 0))))
    (local.set $value (call $varint (local.get $end)))
    (if
      (i32.or
        (i32.eqz (global.get $at))
        (i64.ne (local.get $value) (i64.extend_i32_u (local.get $count))))
      (then (return (i32.const 0))))
    (local.set $value (call $signed (call $varint (local.get $end))))
    (if (i32.eqz (global.get $at)) (then (return (i32.const 0))))
    (if (i32.eqz (local.get $count)) (then (return (global.get $at))))
    ;; A block has at least one part, and a part a multiple of eight integers.
    (if
      (i32.or
        (i64.eqz (local.get $parts))
        (i32.or (i64.gt_u (local.get $parts) (i64.const 0xffff)) (i64.gt_u (local.get $perPart) (i64.const 0xffffff))))
      (then (return (i32.const 0))))
    (local.set $perPart (i64.div_u (local.get $perPart) (local.get $parts)))
    (if
      (i32.or (i64.eqz (local.get $perPart)) (i64.ne (i64.and (local.get $perPart) (i64.const 7)) (i64.const 0)))
      (then (return (i32.const 0))))
    (local.set $last (i32.add (local.get $to) (i32.shl (local.get $count) (i32.const 3))))
    (i64.store (local.get $to) (local.get $value))
    (local.set $to (i32.add (local.get $to) (i32.const 8)))
    (block $done
      (loop $block
        (br_if $done (i32.ge_u (local.get $to) (local.get $last)))
        (local.set $least (call $signed (call $varint (local.get $end))))
        (if (i32.eqz (global.get $at)) (then (return (i32.const 0))))
        (if (i32.gt_u (i32.wrap_i64 (local.get $parts)) (i32.sub (local.get $end) (global.get $at)))
          (then (return (i32.const 0))))
        (local.set $widths (global.get $at))
        (local.set $part (local.get $widths))
        (global.set $at (i32.add (global.get $at) (i32.wrap_i64 (local.get $parts))))
        (loop $nextPart
          (local.set $bits (i64.load8_u (local.get $part)))
          (if (i64.gt_u (local.get $bits) (i64.const 64)) (then (return (i32.const 0))))
          (local.set $bytes (i64.shr_u (i64.mul (local.get $perPart) (local.get $bits)) (i64.const 3)))
          (if (i64.gt_u (local.get $bytes) (i64.extend_i32_u (i32.sub (local.get $end) (global.get $at))))
            (then (return (i32.const 0))))
          (local.set $mask
            (select
              (i64.const -1)
              (i64.sub (i64.shl (i64.const 1) (local.get $bits)) (i64.const 1))
              (i64.eq (local.get $bits) (i64.const 64))))
          (local.set $partEnd (i32.add (local.get $to) (i32.shl (i32.wrap_i64 (local.get $perPart)) (i32.const 3))))
          (if (i32.gt_u (local.get $partEnd) (local.get $last)) (then (local.set $partEnd (local.get $last))))
          (local.set $bit (i64.const 0))
          (loop $next
            (if (i64.ne (local.get $bits) (i64.const 0))
              (then
                (local.set $address (i32.add (global.get $at) (i32.wrap_i64 (i64.shr_u (local.get $bit) (i64.const 3)))))
                (local.set $shift (i64.and (local.get $bit) (i64.const 7)))
                (local.set $value
                  (i64.add (local.get $value)
                    (i64.and (local.get $mask)
                      (i64.or
                        (i64.shr_u (i64.load (local.get $address)) (local.get $shift))
                        ;; The ninth byte, of which a shift by 64 would leave all.
                        (select
                          (i64.const 0)
                          (i64.shl (i64.load8_u offset=8 (local.get $address)) (i64.sub (i64.const 64) (local.get $shift)))
                          (i64.eqz (local.get $shift)))))))
                (local.set $bit (i64.add (local.get $bit) (local.get $bits)))))
            (local.set $value (i64.add (local.get $value) (local.get $least)))
            (i64.store (local.get $to) (local.get $value))
            (local.set $to (i32.add (local.get $to) (i32.const 8)))
            (br_if $next (i32.lt_u (local.get $to) (local.get $partEnd))))
          (global.set $at (i32.add (global.get $at) (i32.wrap_i64 (local.get $bytes))))
          (local.set $part (i32.add (local.get $part) (i32.const 1)))
          (br_if $block
            (i32.eq (local.get $part) (i32.add (local.get $widths) (i32.wrap_i64 (local.get $parts)))))
          (br_if $nextPart (i32.lt_u (local.get $to) (local.get $last))))))
    (global.get $at))

  ;; The values that $count codes at $codes mean, to $to: value i of a dictionary is the 4 or, where $wide is 1, 8 bytes at $values + i * that width.
  ;; The result is 1, or 0 when a code is not below $size.
  (func (export "lookUp") (param $codes i32) (param $count i32) (param $values i32) (param $size i32) (param $wide i32) (param $to i32) (result i32)
    (local $last i32) (local $code i32)
    (local.set $last (i32.add (local.get $codes) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $codes) (local.get $last)))
        (local.set $code (i32.load (local.get $codes)))
        (if (i32.ge_u (local.get $code) (local.get $size)) (then (return (i32.const 0))))
        (if (local.get $wide)
          (then
            (i64.store (local.get $to)
              (i64.load (i32.add (local.get $values) (i32.shl (local.get $code) (i32.const 3)))))
            (local.set $to (i32.add (local.get $to) (i32.const 8))))
          (else
            (i32.store (local.get $to)
              (i32.load (i32.add (local.get $values) (i32.shl (local.get $code) (i32.const 2)))))
            (local.set $to (i32.add (local.get $to) (i32.const 4)))))
        (local.set $codes (i32.add (local.get $codes) (i32.const 4)))
        (br $next)))
    (i32.const 1))

  ;; The bytes that $count texts keep of their own, when text i begins with as many bytes of the one before it as $shared tells: both are integers of
  ;; 64 bits. -1 when a length is impossible.
  (func (export "ownBytes") (param $shared i32) (param $own i32) (param $count i32) (result f64)
    (local $last i32) (local $length i64) (local $sum i64) (local $more i64)
    (local.set $last (i32.add (local.get $own) (i32.shl (local.get $count) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $own) (local.get $last)))
        (local.set $more (i64.load (local.get $own)))
        ;; Compared without a sign, so that a negative length is too large.
        (if
          (i32.or
            (i64.gt_u (i64.load (local.get $shared)) (local.get $length))
            (i64.gt_u (local.get $more) (i64.const 0x7fffffff)))
          (then (return (f64.const -1))))
        (local.set $length (i64.add (i64.load (local.get $shared)) (local.get $more)))
        (local.set $sum (i64.add (local.get $sum) (local.get $more)))
        (local.set $shared (i32.add (local.get $shared) (i32.const 8)))
        (local.set $own (i32.add (local.get $own) (i32.const 8)))
        (br $next)))
    (f64.convert_i64_u (local.get $sum))))
