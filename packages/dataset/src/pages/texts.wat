;; Texts of Parquet, each behind its length of four bytes: where they are, and whether they are equal. Made into texts.wasm by scripts/make-wasm.ts.
;; The address of a text is that of its length. Up to 7 bytes behind a text are read.
(module
  (import "pages" "memory" (memory $pages 1 32768 shared))

  ;; Writes the addresses of the $count texts in $from ... $end - 1 from $to on. The result is 1, or 0 when they do not fill these bytes.
  (func (export "place") (param $from i32) (param $end i32) (param $count i32) (param $to i32) (result i32)
    (local $length i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (if (i32.lt_u (i32.sub (local.get $end) (local.get $from)) (i32.const 4)) (then (return (i32.const 0))))
        (local.set $length (i32.load $pages (local.get $from)))
        (i32.store $pages (local.get $to) (local.get $from))
        (local.set $from (i32.add (local.get $from) (i32.const 4)))
        (if (i32.gt_u (local.get $length) (i32.sub (local.get $end) (local.get $from))) (then (return (i32.const 0))))
        (local.set $from (i32.add (local.get $from) (local.get $length)))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (i32.eq (local.get $from) (local.get $end)))

  ;; Writes a byte for each of $count pairs of texts from $to on: 1 when they are equal. Their addresses are at $left and $right.
  (func (export "equal") (param $left i32) (param $right i32) (param $count i32) (param $to i32)
    (local $last i32) (local $a i32) (local $b i32) (local $length i32) (local $same i32)
    (local.set $last (i32.add (local.get $to) (local.get $count)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $to) (local.get $last)))
        (local.set $a (i32.load $pages (local.get $left)))
        (local.set $b (i32.load $pages (local.get $right)))
        (local.set $length (i32.load $pages (local.get $a)))
        (local.set $same (i32.const 0))
        (block $decided
          (br_if $decided (i32.ne (local.get $length) (i32.load $pages (local.get $b))))
          (local.set $a (i32.add (local.get $a) (i32.const 4)))
          (local.set $b (i32.add (local.get $b) (i32.const 4)))
          (block $rest
            (loop $eight
              (br_if $rest (i32.lt_u (local.get $length) (i32.const 8)))
              (br_if $decided (i64.ne (i64.load $pages (local.get $a)) (i64.load $pages (local.get $b))))
              (local.set $a (i32.add (local.get $a) (i32.const 8)))
              (local.set $b (i32.add (local.get $b) (i32.const 8)))
              (local.set $length (i32.sub (local.get $length) (i32.const 8)))
              (br $eight)))
          (br_if $decided
            (i64.ne
              (call $last (local.get $length) (i64.load $pages (local.get $a)))
              (call $last (local.get $length) (i64.load $pages (local.get $b)))))
          (local.set $same (i32.const 1)))
        (i32.store8 $pages (local.get $to) (local.get $same))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $left (i32.add (local.get $left) (i32.const 4)))
        (local.set $right (i32.add (local.get $right) (i32.const 4)))
        (br $next))))

  ;; The first $length bytes of eight, $length being 0 ... 7, and zeros.
  (func $last (param $length i32) (param $bytes i64) (result i64)
    (i64.and (local.get $bytes)
      (i64.sub
        (i64.shl (i64.const 1) (i64.extend_i32_u (i32.shl (local.get $length) (i32.const 3))))
        (i64.const 1)))))
